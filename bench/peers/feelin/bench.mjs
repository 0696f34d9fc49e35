// node bench.mjs FOLDER SECONDS: the figures of bench/decide.c with npm feelin. feelin knows FEEL,
// not DMN and has no compile step: a table is its rules in order, each cell a unaryTest() until one
// fails; UNIQUE tries all rules, FIRST stops at its first match. Best of five runs.
import { readFileSync } from 'node:fs';
import { evaluate, unaryTest } from 'feelin';

const [folder, seconds] = [process.argv[2], Number(process.argv[3])];
const RUNS = 5;

function measure(work) {
  let best = 0;
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    let calls = 0;
    while (performance.now() - began < (seconds / RUNS) * 1000) work(calls++);
    best = Math.max(best, (calls * 1000) / (performance.now() - began));
  }
  return best;
}

const plain = (s) => s.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const texts = (xml, element) =>
  [...xml.matchAll(new RegExp(`<${element}[^>]*><text>([^<]*)</text></${element}>`, 'g'))].map((m) => plain(m[1]));

function readTable(name) {
  const xml = readFileSync(`${folder}/${name}.dmn`, 'utf8');
  return {
    first: xml.includes('hitPolicy="FIRST"'),
    inputs: texts(xml, 'inputExpression'),
    rules: [...xml.matchAll(/<rule [^>]*>(.*?)<\/rule>/g)].map((m) => ({
      cells: texts(m[1], 'inputEntry'),
      output: texts(m[1], 'outputEntry')[0],
    })),
  };
}

function evaluateTable(table, context) {
  const values = table.inputs.map((text) => evaluate(text, context).value);
  const hits = [];
  for (const rule of table.rules) {
    if (!rule.cells.every((cell, i) => unaryTest(cell, { ...context, '?': values[i] }).value === true)) continue;
    hits.push(rule);
    if (table.first) break;
  }
  return hits.length === 1 ? evaluate(hits[0].output, context).value : null;
}

for (const name of ['table20', 'table3700']) {
  const table = readTable(name);
  const lines = readFileSync(`${folder}/${name}.jsonl`, 'utf8').trim().split('\n');
  const contexts = lines.map((line) => {
    const c = JSON.parse(line);
    if (c.day) c.day = evaluate('date(x)', { x: c.day }).value;
    return c;
  });
  const sample = contexts.slice(0, name === 'table20' ? 1024 : 8);
  const hits = sample.filter((c) => evaluateTable(table, c) !== null).length;
  console.log(`${name}-hits\t${hits}\tof ${sample.length}\tinputs with a result`);
  const rate = measure((i) => evaluateTable(table, contexts[i % contexts.length]));
  console.log(`${name}\t${rate.toFixed(rate < 1000 ? 2 : 0)}\tevaluations/s\tcells by unaryTest(), inputs as an object`);
  if (name === 'table20') {
    const json = measure((i) => JSON.stringify({ result: evaluateTable(table, JSON.parse(lines[i % lines.length])) }));
    console.log(`${name}-json\t${json.toFixed(0)}\tevaluations/s\tthe same with JSON.parse and JSON.stringify`);
  }
}
const text = readFileSync(`${folder}/if.feel`, 'utf8');
const contexts = readFileSync(`${folder}/table20.jsonl`, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
console.log(`if-expression\t${measure((i) => evaluate(text, contexts[i % contexts.length])).toFixed(0)}\tevaluations/s\tevaluate(), which parses each time`);
