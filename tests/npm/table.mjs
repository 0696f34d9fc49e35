// The table of docs/camunda.md from the document that a node serves:
//   node tests/npm/table.mjs http://127.0.0.1:8420     writes docs/camunda.md anew below its mark
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const mark = '<!-- The rest of this page is made by tests/npm/table.mjs. -->\n';

export function table(document) {
  const groups = new Map();
  const counts = { full: 0, partly: 0, missing: 0 };
  const signs = { full: 'yes', partly: 'partly', missing: '501' };
  for (const [route, methods] of Object.entries(document.paths)) {
    for (const [method, o] of Object.entries(methods)) {
      const lines = groups.get(o.tags[0]) ?? [];
      const note = o['x-tongban-note'] ?? o.summary;
      lines.push(`| \`${method.toUpperCase()} ${route}\` | ${o.operationId} | ${signs[o['x-tongban-support']]} | ${note} |`);
      groups.set(o.tags[0], lines);
      counts[o['x-tongban-support']]++;
    }
  }
  let out = `\n${counts.full} operations are there, ${counts.partly} partly, ${counts.missing} answer 501.\n`;
  for (const [tag, lines] of groups)
    out += `\n### ${tag}\n\n| operation | operationId | here | what, or why not |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = path.join(path.dirname(process.argv[1]), '..', '..', 'docs', 'camunda.md');
  const answer = await fetch(`${process.argv[2]}/v2/openapi.json`, { headers: { 'accept-language': 'en' } });
  const head = readFileSync(file, 'utf8').split(mark)[0];
  writeFileSync(file, head + mark + table(await answer.json()));
}
