/**
 * A crowd of the page's client, in Node: each follows one run over a connection of its own to the end, then a line says
 * what it was told. `node crowd.mjs client.js url token run...`; "begun" is written once all have heard something.
 */
const [, , path, baseUrl, token, ...runs] = process.argv;
const { createGenerationService } = await import(path);
const tokens = { get: async () => token, refresh: async () => token };
let begun = 0;

async function follow(run) {
  const seqs = [];
  let last = null;
  let hasBegun = false;
  let reconnects = 0;
  const service = createGenerationService({ baseUrl, tokens });
  await service.attach(run, {
    onEvent: ({ seq, type }) => {
      seqs.push(seq);
      last = type;
      if (type !== "delta" || hasBegun) return;
      hasBegun = true;
      if (++begun === runs.length) console.log("begun");
    },
    onReconnect: () => (reconnects += 1),
  });
  return { run, seqs, last, reconnects };
}

console.log(JSON.stringify(await Promise.all(runs.map(follow))));
