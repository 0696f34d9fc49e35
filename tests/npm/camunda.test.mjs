// Clients and workers of Camunda 8 against a node of Tongban: the npm client, unchanged, which checks
// every request and every answer against Camunda's own schemas and refuses fields it does not know
// (CAMUNDA_SDK_VALIDATION=fanatical). The suite starts the node it speaks to.
import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const build = process.env.TONGBAN_BUILD ?? path.join(here, '..', '..', 'build');
const model = (name) => path.join(here, 'models', name);
const now = { consistency: { waitUpToMs: 0 } };
globalThis.File ??= File; // node 18 has it only in its module
const sdk = await import('@camunda8/orchestration-cluster-api');

let folder, server, address, accounts, client, worker;

function connect(account, strategy) {
  const config = {
    CAMUNDA_REST_ADDRESS: `http://${address}`,
    CAMUNDA_SDK_VALIDATION: 'fanatical',
    CAMUNDA_SDK_LOG_LEVEL: 'silent',
    CAMUNDA_AUTH_STRATEGY: strategy,
    CAMUNDA_SDK_HTTP_RETRY_MAX_ATTEMPTS: '1',
  };
  if (strategy === 'BASIC') {
    config.CAMUNDA_BASIC_AUTH_USERNAME = account;
    config.CAMUNDA_BASIC_AUTH_PASSWORD = accounts[account];
  } else {
    config.CAMUNDA_OAUTH_URL = `http://${address}/v2/oauth/token`;
    config.CAMUNDA_CLIENT_ID = account;
    config.CAMUNDA_CLIENT_SECRET = accounts[account];
  }
  return sdk.createCamundaClient({ config });
}

async function call(method, target, token, body) {
  const answer = await fetch(`http://${address}${target}`, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), 'accept-language': 'en',
      ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, type: answer.headers.get('content-type'), body: text && JSON.parse(text) };
}

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tongban-npm-'));
  const program = path.join(build, 'tongban');
  server = spawn(program, ['--lang', 'en', 'serve', '--listen', '127.0.0.1:0', '--data', path.join(folder, 'node.db'),
    '--pack', path.join(here, 'pack'), '--demo', path.join(folder, 'demo.json')], { stdio: ['ignore', 'pipe', 'inherit'] });
  address = await new Promise((resolve, reject) => {
    let text = '';
    server.stdout.on('data', (piece) => {
      text += piece;
      const found = text.match(/http:\/\/(\S+)/);
      if (found) resolve(found[1]);
    });
    server.on('exit', (code) => reject(new Error(`the node ended with ${code}`)));
  });
  const demo = JSON.parse(readFileSync(path.join(folder, 'demo.json'), 'utf8'));
  accounts = Object.fromEntries(demo.accounts.map((a) => [a.id, a.token]));
  client = connect('operator', 'BASIC');
  worker = connect('worker', 'OAUTH');
});

after(async () => {
  client?.stopAllWorkers();
  worker?.stopAllWorkers();
  const ended = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGTERM');
  assert.equal(await ended, 0, 'the node ends in order');
  rmSync(folder, { recursive: true });
});

const take = async (type, more = {}) => {
  const { jobs } = await worker.activateJobs({ type, worker: 'suite', timeout: 60000, maxJobsToActivate: 10,
    requestTimeout: 2000, ...more });
  return jobs;
};
const instance = (key) => client.getProcessInstance({ processInstanceKey: key }, now);
const start = (processDefinitionId, variables = {}, more = {}) =>
  client.createProcessInstance({ processDefinitionId, variables, ...more });
// On to the user task: pick the goods.
async function picked(order) {
  const { processInstanceKey } = await start('order', { order });
  const [job] = await take('pick');
  await job.complete({ picked: true });
  const { items } = await client.searchUserTasks({ filter: { processInstanceKey } }, now);
  return { processInstanceKey, task: items[0] };
}

test('the node as a cluster: topology, licence, status, caller, configuration', async () => {
  const topology = await client.getTopology();
  assert.equal(topology.clusterSize, 1);
  assert.equal(topology.brokers[0].partitions[0].role, 'leader');
  assert.equal((await client.getLicense()).licenseType, 'Apache-2.0');
  await client.getStatus();
  const me = await client.getAuthentication();
  assert.equal(me.username, 'operator');
  assert.deepEqual(me.roles, ['operator']);
  assert.equal((await worker.getAuthentication()).username, 'worker');
  assert.equal((await client.getSystemConfiguration()).jobMetrics.enabled, false);
});

test('deploy: diagrams, a decision and a form in one request; unchanged texts keep their versions', async () => {
  const files = ['order.bpmn', 'discount.dmn', 'approval.form'].map(model);
  const first = await client.deployResourcesFromFiles(files);
  assert.deepEqual(first.processes.map((p) => p.processDefinitionId).sort(), ['choice', 'order', 'quick', 'recall', 'welcome']);
  assert.equal(first.decisions[0].decisionDefinitionId, 'discount');
  assert.equal(first.decisionRequirements[0].decisionRequirementsId, 'discounts');
  assert.equal(first.forms[0].formId, 'approval');
  const again = await client.deployResourcesFromFiles(files);
  assert.deepEqual(again.processes, first.processes);
  const changed = readFileSync(model('approval.form'), 'utf8').replace('"Approved"', '"Agreed"');
  const third = await client.createDeployment({ resources: [new File([changed], 'approval.form')] });
  assert.equal(third.forms[0].version, 2);
  assert.notEqual(third.forms[0].formKey, first.forms[0].formKey);
});

test('deploy: what cannot run is refused with its place', async () => {
  const broken = readFileSync(model('order.bpmn'), 'utf8').replace('targetRef="pick"', 'targetRef="nowhere"');
  await assert.rejects(client.createDeployment({ resources: [new File([broken], 'order.bpmn')] }), (e) => {
    assert.equal(e.status, 400);
    assert.match(e.message, /order\.bpmn:\d+:\d+/);
    return true;
  });
  await assert.rejects(client.createDeployment({ resources: [new File(['x'], 'readme.txt')] }), { status: 400 });
  await assert.rejects(worker.createDeployment({ resources: [new File([readFileSync(model('order.bpmn'))], 'o.bpmn')] }),
    { status: 403 });
});

test('definitions: search, get, read back their text', async () => {
  const { items, page } = await client.searchProcessDefinitions({ filter: { processDefinitionId: 'order', isLatestVersion: true } }, now);
  assert.equal(page.totalItems, 1);
  assert.equal(items[0].name, 'Order');
  const one = await client.getProcessDefinition({ processDefinitionKey: items[0].processDefinitionKey }, now);
  assert.deepEqual(one, items[0]);
  const xml = await client.getProcessDefinitionXml({ processDefinitionKey: items[0].processDefinitionKey }, now);
  assert.equal(xml, readFileSync(model('order.bpmn'), 'utf8'));
  const decisions = await client.searchDecisionDefinitions({ filter: { decisionDefinitionId: 'discount' } }, now);
  const key = decisions.items[0].decisionDefinitionKey;
  assert.equal((await client.getDecisionDefinition({ decisionDefinitionKey: key }, now)).name, 'Discount');
  assert.match(await client.getDecisionDefinitionXml({ decisionDefinitionKey: key }, now), /decisionTable/);
  const files = await client.searchDecisionRequirements({}, now);
  const requirements = files.items[0].decisionRequirementsKey;
  assert.equal((await client.getDecisionRequirements({ decisionRequirementsKey: requirements }, now)).decisionRequirementsName, 'Discounts');
  assert.match(await client.getDecisionRequirementsXml({ decisionRequirementsKey: requirements }, now), /decisionTable/);
  const resource = await client.getResource({ resourceKey: items[0].processDefinitionKey }, now);
  assert.equal(resource.resourceName, 'order.bpmn');
});

test('start: by id, by key, by version; unknown ones are not found', async () => {
  const a = await start('order', { order: 'a' });
  const b = await client.createProcessInstance({ processDefinitionKey: a.processDefinitionKey, variables: { order: 'b' }, businessId: 'case-7' });
  const c = await start('order', { order: 'c' }, { processDefinitionVersion: 1 });
  assert.equal(b.businessId, 'case-7');
  assert.equal(new Set([a, b, c].map((i) => i.processInstanceKey)).size, 3);
  assert.equal((await instance(b.processInstanceKey)).state, 'ACTIVE');
  assert.equal((await instance(b.processInstanceKey)).processDefinitionName, 'Order');
  await assert.rejects(start('nothing'), { status: 404 });
  await assert.rejects(start('order', {}, { processDefinitionVersion: 99 }), { status: 404 });
  for (const i of [a, b, c]) await client.cancelProcessInstance({ processInstanceKey: i.processInstanceKey });
  assert.equal((await instance(a.processInstanceKey)).state, 'TERMINATED');
  await assert.rejects(client.cancelProcessInstance({ processInstanceKey: a.processInstanceKey }), { status: 409 });
});

test('jobs: what a job sees, completing it, its headers', async () => {
  const { processInstanceKey } = await start('order', { order: 'j1', item: { name: 'book', price: 12.5 } });
  const [job] = await take('pick', { fetchVariable: ['item'] });
  assert.equal(job.processInstanceKey, processInstanceKey);
  assert.deepEqual(job.variables, { item: { name: 'book', price: 12.5 } });
  assert.equal(job.customHeaders.shelf, 'A7');
  assert.equal(job.worker, 'suite');
  assert.ok(job.deadline > Date.now());
  await job.complete({ weight: 3 });
  const { items } = await client.searchVariables({ filter: { processInstanceKey, name: 'weight' } }, now);
  assert.equal(items[0].value, '3');
  await assert.rejects(worker.completeJob({ jobKey: job.jobKey, variables: {} }), { status: 404 });
  await client.cancelProcessInstance({ processInstanceKey });
});

test('jobs: a worker waits until one appears; several waiting workers share', async () => {
  const began = Date.now();
  const waiting = [1, 2, 3].map(() => take('quick-work', { requestTimeout: 10000, maxJobsToActivate: 1 }));
  await new Promise((resolve) => setTimeout(resolve, 150));
  await Promise.all([1, 2, 3].map((n) => start('quick', { a: n, b: 1 })));
  const taken = (await Promise.all(waiting)).flat();
  assert.equal(taken.length, 3);
  assert.deepEqual(taken.map((j) => j.variables.total).sort(), [2, 3, 4]);
  assert.ok(Date.now() - began < 5000);
  await Promise.all(taken.map((j) => j.complete()));
  const empty = Date.now();
  assert.deepEqual(await take('quick-work', { requestTimeout: 300 }), []);
  assert.ok(Date.now() - empty >= 250 && Date.now() - empty < 3000);
  assert.deepEqual(await take('quick-work', { requestTimeout: -1 }), []);
});

test('jobs: failing with retries and back-off, then for good: an incident, resolved', async () => {
  const { processInstanceKey } = await start('order', { order: 'f1' });
  const [job] = await take('pick');
  const failed = Date.now();
  await job.fail({ retries: 1, errorMessage: 'dropped it', retryBackOff: 400 });
  const [second] = await take('pick', { requestTimeout: 5000 });
  assert.ok(Date.now() - failed >= 350, 'the back-off was kept');
  assert.equal(second.retries, 1);
  await second.fail({ retries: 0, errorMessage: 'broken' });
  assert.equal((await instance(processInstanceKey)).hasIncident, true);
  const { items } = await client.searchIncidents({ filter: { processInstanceKey, state: 'ACTIVE' } }, now);
  assert.equal(items[0].errorType, 'JOB_NO_RETRIES');
  assert.match(items[0].errorMessage, /broken/);
  assert.equal((await client.getIncident({ incidentKey: items[0].incidentKey }, now)).jobKey, second.jobKey);
  assert.equal((await client.searchProcessInstanceIncidents({ processInstanceKey }, now)).items.length, 1);
  assert.equal((await client.searchJobs({ filter: { processInstanceKey } }, now)).items[0].state, 'FAILED');
  await client.updateJob({ jobKey: second.jobKey, changeset: { retries: 2 } });
  await client.resolveIncident({ incidentKey: items[0].incidentKey });
  assert.equal((await instance(processInstanceKey)).hasIncident, false);
  const [third] = await take('pick');
  assert.equal(third.retries, 2);
  await third.complete();
  await client.cancelProcessInstance({ processInstanceKey });
});

test('jobs: a thrown BPMN error takes its boundary event', async () => {
  const { processInstanceKey } = await start('order', { order: 'e1' });
  const [job] = await take('pick');
  await job.error({ errorCode: 'NO_STOCK', errorMessage: 'none left', variables: { missing: 2 } });
  assert.equal((await instance(processInstanceKey)).state, 'COMPLETED');
  const { items } = await client.getProcessInstanceStatistics({ processInstanceKey }, now);
  assert.equal(items.find((i) => i.elementId === 'sorry').completed, 1);
  assert.equal(items.find((i) => i.elementId === 'pick').canceled, 1);
});

test('jobs: a lease that ends gives the job to another worker', async () => {
  const { processInstanceKey } = await start('order', { order: 'l1' });
  const [job] = await take('pick', { timeout: 300 });
  const [again] = await take('pick', { requestTimeout: 5000 });
  assert.equal(again.jobKey, job.jobKey);
  await client.cancelProcessInstance({ processInstanceKey });
});

test('a worker of the client works, polling on its own', async () => {
  const seen = [];
  const quick = worker.createJobWorker({ jobType: 'quick-work', jobTimeoutMs: 30000, maxParallelJobs: 4, workerName: 'auto',
    pollIntervalMs: 1, autoStart: true,
    jobHandler: async (job) => { seen.push(job.variables.total); return job.complete({ doubled: job.variables.total * 2 }); } });
  const done = await Promise.all([...Array(10).keys()].map((n) =>
    start('quick', { a: n, b: 1 }, { awaitCompletion: true, requestTimeout: 20000 })));
  assert.deepEqual(done.map((d) => d.variables.doubled), [...Array(10).keys()].map((n) => (n + 1) * 2));
  assert.equal(seen.length, 10);
  quick.stop(); // while its poll waits at the node: the next job must not go to it
  const { processInstanceKey } = await start('quick', { a: 1, b: 2 });
  const [job] = await take('quick-work');
  assert.equal(job.processInstanceKey, processInstanceKey);
  await job.complete();
});

test('start and wait for the end: the chosen variables; 504 when it takes too long', async () => {
  const pending = start('quick', { a: 20, b: 22 }, { awaitCompletion: true, requestTimeout: 10000, fetchVariables: ['total'] });
  const [job] = await take('quick-work');
  await job.complete();
  assert.deepEqual((await pending).variables, { total: 42 });
  await assert.rejects(start('quick', { a: 1, b: 1 }, { awaitCompletion: true, requestTimeout: 200 }), { status: 504 });
  for (const j of await take('quick-work')) await j.complete();
});

test('user tasks: found, given to somebody, taken back, changed, completed', async () => {
  const { processInstanceKey, task } = await picked('u1');
  assert.equal(task.name, 'Approve the order');
  assert.deepEqual(task.candidateGroups, ['outside-office']);
  assert.equal(task.processName, 'Order');
  const userTaskKey = task.userTaskKey;
  const form = await client.getUserTaskForm({ userTaskKey }, now);
  assert.equal(form.formId, 'approval');
  await client.assignUserTask({ userTaskKey, assignee: 'anna' });
  assert.equal((await client.getUserTask({ userTaskKey }, now)).assignee, 'anna');
  await assert.rejects(client.assignUserTask({ userTaskKey, assignee: 'ben', allowOverride: false }), { status: 409 });
  await client.unassignUserTask({ userTaskKey });
  assert.equal((await client.getUserTask({ userTaskKey }, now)).assignee, null);
  await client.updateUserTask({ userTaskKey, changeset: { priority: 80, dueDate: '2030-01-02T03:04:05Z', candidateUsers: ['ben'] } });
  const changed = await client.getUserTask({ userTaskKey }, now);
  assert.equal(changed.priority, 80);
  assert.equal(new Date(changed.dueDate).toISOString(), '2030-01-02T03:04:05.000Z');
  assert.deepEqual(changed.candidateUsers, ['ben']);
  const found = await client.searchUserTasks({ filter: { candidateUser: 'ben', state: 'CREATED' } }, now);
  assert.deepEqual(found.items.map((t) => t.userTaskKey), [userTaskKey]);
  const visible = await client.searchUserTaskVariables({ userTaskKey, filter: { name: 'order' } }, now);
  assert.equal(visible.items[0].value, '"u1"');
  assert.ok((await client.searchUserTaskEffectiveVariables({ userTaskKey }, now)).items.length >= 2);
  await client.completeUserTask({ userTaskKey, variables: { approved: true } });
  assert.equal((await client.getUserTask({ userTaskKey }, now)).state, 'COMPLETED');
  await assert.rejects(client.completeUserTask({ userTaskKey }), { status: 409 });
  await client.cancelProcessInstance({ processInstanceKey });
});

test('messages: published with time to live, correlated at once, refused when nobody waits', async () => {
  const { processInstanceKey, task } = await picked('m1');
  const kept = await client.publishMessage({ name: 'order-paid', correlationKey: 'm1', timeToLive: 60000, variables: { sum: 7 }, messageId: 'once' });
  assert.match(kept.messageKey, /^[0-9]+$/);
  await assert.rejects(client.publishMessage({ name: 'order-paid', correlationKey: 'm1', timeToLive: 60000, variables: { sum: 7 }, messageId: 'once' }),
    { status: 409 });
  await client.completeUserTask({ userTaskKey: task.userTaskKey });
  assert.equal((await instance(processInstanceKey)).state, 'COMPLETED');
  const other = await picked('m2');
  await client.completeUserTask({ userTaskKey: other.task.userTaskKey });
  const waiting = await client.searchMessageSubscriptions({ filter: { processInstanceKey: other.processInstanceKey } }, now);
  assert.equal(waiting.items[0].correlationKey, 'm2');
  const given = await client.correlateMessage({ name: 'order-paid', correlationKey: 'm2', variables: { sum: 8 } });
  assert.equal(given.processInstanceKey, other.processInstanceKey);
  assert.equal((await instance(other.processInstanceKey)).state, 'COMPLETED');
  await assert.rejects(client.correlateMessage({ name: 'order-paid', correlationKey: 'nobody', variables: {} }), { status: 404 });
  const begun = await client.correlateMessage({ name: 'greeting', correlationKey: 'x', variables: {} });
  assert.equal((await instance(begun.processInstanceKey)).processDefinitionId, 'welcome');
  const [job] = await take('greet');
  assert.equal(job.processInstanceKey, begun.processInstanceKey);
  await job.complete();
});

test('signals: broadcast to all that wait', async () => {
  const all = await Promise.all([1, 2].map(() => start('recall')));
  const sent = await client.broadcastSignal({ signalName: 'recall', variables: { reason: 'rust' } });
  assert.match(sent.signalKey, /^[0-9]+$/);
  for (const i of all) assert.equal((await instance(i.processInstanceKey)).state, 'COMPLETED');
});

test('incidents of expressions: mended by setting a variable, resolved', async () => {
  const { processInstanceKey } = await start('choice', { amount: 1 });
  const { items } = await client.searchIncidents({ filter: { processInstanceKey } }, now);
  assert.equal(items[0].errorType, 'CONDITION_ERROR');
  await client.createElementInstanceVariables({ elementInstanceKey: processInstanceKey, variables: { amount: 11 } });
  await client.resolveIncident({ incidentKey: items[0].incidentKey });
  assert.equal((await instance(processInstanceKey)).state, 'COMPLETED');
  await assert.rejects(client.resolveIncident({ incidentKey: items[0].incidentKey }), { status: 404 });
});

test('variables: searched, read by key, deep values whole', async () => {
  const { processInstanceKey } = await start('order', { order: 'v1', big: { list: [1, 2, { x: '中文' }] }, price: 0.1 });
  const { items } = await client.searchVariables({ filter: { processInstanceKey }, sort: [{ field: 'name', order: 'DESC' }] }, now);
  assert.deepEqual(items.map((v) => v.name), ['price', 'order', 'big']);
  assert.deepEqual(JSON.parse(items[2].value), { list: [1, 2, { x: '中文' }] });
  const one = await client.getVariable({ variableKey: items[0].variableKey }, now);
  assert.equal(one.value, '0.1');
  await assert.rejects(client.getVariable({ variableKey: '1' }, now), { status: 404 });
  await client.cancelProcessInstance({ processInstanceKey });
});

test('decisions and expressions: evaluated', async () => {
  const done = await client.evaluateDecision({ decisionDefinitionId: 'discount', variables: { amount: 250 } });
  assert.equal(done.output, '0.1');
  assert.equal(done.evaluatedDecisions[0].matchedRules[0].ruleId, 'large');
  assert.equal(done.evaluatedDecisions[0].evaluatedInputs[0].inputValue, '250');
  const byKey = await client.evaluateDecision({ decisionDefinitionKey: done.decisionDefinitionKey, variables: { amount: 5 } });
  assert.equal(byKey.output, '0');
  await assert.rejects(client.evaluateDecision({ decisionDefinitionId: 'unheard', variables: {} }), { status: 404 });
  const sum = await client.evaluateExpression({ expression: '=x + 1', variables: { x: 41 } });
  assert.equal(sum.result, 42);
  await assert.rejects(client.evaluateExpression({ expression: '=1 +' }), { status: 400 });
});

test('searches: filters, sorts, pages by place and by cursor', async () => {
  const keys = [];
  for (const n of [1, 2, 3, 4, 5]) keys.push((await start('recall', { n }, { businessId: `b${n}` })).processInstanceKey);
  const filter = { processInstanceKey: { $in: keys } };
  const of = async (body) => (await client.searchProcessInstances(body, now));
  const ids = (answer) => answer.items.map((i) => i.businessId);
  assert.deepEqual(ids(await of({ filter, sort: [{ field: 'businessId', order: 'DESC' }] })), ['b5', 'b4', 'b3', 'b2', 'b1']);
  const one = await of({ filter, sort: [{ field: 'businessId' }], page: { limit: 2 } });
  assert.deepEqual(ids(one), ['b1', 'b2']);
  assert.equal(one.page.totalItems, 5);
  const two = await of({ filter, sort: [{ field: 'businessId' }], page: { limit: 2, after: one.page.endCursor } });
  assert.deepEqual(ids(two), ['b3', 'b4']);
  const back = await of({ filter, sort: [{ field: 'businessId' }], page: { limit: 2, before: two.page.startCursor } });
  assert.deepEqual(ids(back), ['b1', 'b2']);
  assert.deepEqual(ids(await of({ filter, sort: [{ field: 'businessId' }], page: { from: 4, limit: 2 } })), ['b5']);
  const end = await of({ filter, page: { limit: 2, after: (await of({ filter })).page.endCursor } });
  assert.deepEqual(end.items, []);
  assert.deepEqual(ids(await of({ filter: { ...filter, businessId: { $like: 'b?', $neq: 'b2' } } })).sort(), ['b1', 'b3', 'b4', 'b5']);
  assert.deepEqual(ids(await of({ filter: { processInstanceKey: { $in: keys }, $or: [{ businessId: 'b1' }, { businessId: { $in: ['b4', 'b5'] } }] } })).sort(),
    ['b1', 'b4', 'b5']);
  assert.deepEqual(ids(await of({ filter: { ...filter, state: 'COMPLETED' } })), []);
  assert.equal((await of({ filter: { ...filter, endDate: { $exists: false }, startDate: { $lte: new Date().toISOString() } } })).items.length, 5);
  assert.equal((await of({ filter: { ...filter, processDefinitionName: undefined, processDefinitionId: 'recall' } })).items.length, 5);
  await client.broadcastSignal({ signalName: 'recall' });
  assert.equal((await of({ filter: { ...filter, state: 'COMPLETED' } })).items.length, 5);
});

test('every search answers without a filter', async () => {
  for (const name of ['searchProcessInstances', 'searchProcessDefinitions', 'searchDecisionDefinitions', 'searchDecisionRequirements',
    'searchJobs', 'searchUserTasks', 'searchIncidents', 'searchVariables', 'searchMessageSubscriptions']) {
    const { items, page } = await client[name]({}, now);
    assert.ok(page.totalItems >= items.length || page.hasMoreTotalItems, name);
  }
});

test('refusals have the form that clients of Camunda know', async () => {
  const nobody = await call('POST', '/v2/process-instances/search', undefined, {});
  assert.equal(nobody.status, 401);
  assert.equal(nobody.type, 'application/problem+json');
  assert.deepEqual(Object.keys(nobody.body).sort(), ['detail', 'instance', 'status', 'title', 'type']);
  assert.equal(nobody.body.type, 'about:blank');
  const token = accounts.operator;
  const unknown = await call('POST', '/v2/process-instances/search', token, { filter: { colour: 'red' } });
  assert.equal(unknown.status, 400);
  assert.match(unknown.body.detail, /colour/);
  assert.equal((await call('POST', '/v2/process-instances/search', token, { page: { after: 'AAAA' } })).status, 400);
  assert.equal((await call('POST', '/v2/jobs/activation', token, { type: 'x' })).status, 400);
  assert.equal((await call('GET', '/v2/process-instances/77', token)).status, 404);
  assert.equal((await call('GET', '/v2/nothing', token)).status, 404);
  assert.equal((await call('PUT', '/v2/topology', token, {})).status, 405);
  assert.equal((await call('POST', '/v2/process-instances/search', accounts.worker, {})).status, 403);
  assert.equal((await call('POST', '/v2/jobs/activation', token,
    { type: 'tongban.case.accept', timeout: 1000, maxJobsToActivate: 1, requestTimeout: -1 })).status, 400);
  const missing = await call('POST', '/v2/tenants/search', token, {});
  assert.equal(missing.status, 501);
  assert.match(missing.body.detail, /tenant/);
});

test('the document and docs/camunda.md list every operation of the client', async () => {
  const { body } = await call('GET', '/v2/openapi.json', undefined);
  const served = new Map();
  for (const [route, methods] of Object.entries(body.paths))
    for (const [method, o] of Object.entries(methods)) served.set(`${method} ${route}`, o);
  const main = path.dirname(createRequire(import.meta.url).resolve('@camunda8/orchestration-cluster-api'));
  const source = readdirSync(main).filter((n) => n.endsWith('.js')).map((n) => readFileSync(path.join(main, n), 'utf8')).join('\n');
  const wanted = [...source.matchAll(/var (\w+) = \(options\) => \{\s+return \(options\??\.client \?\? client\)\.(\w+)\(\{(?:(?!var )[\s\S])*?url: "([^"]+)"/g)];
  assert.ok(wanted.length > 150, `only ${wanted.length} operations were found in the client`);
  for (const [, name, method, url] of wanted) {
    const operation = served.get(`${method} /v2${url}`);
    assert.ok(operation, `${method} /v2${url} (${name}) is not listed`);
    assert.equal(operation.operationId, name);
  }
  const { table } = await import('./table.mjs');
  const file = path.join(here, '..', '..', 'docs', 'camunda.md');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  assert.ok(text.includes(table(body)), 'docs/camunda.md is not up to date: node tests/npm/table.mjs');
});
