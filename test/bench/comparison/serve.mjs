// What the servers of this folder share: the schema, the event, and how the bench asks them over IPC. Plain JavaScript, since
// they run with packages of their own, from where they lie.

/** The part of Carillon's schema that the bench uses. */
export const typeDefs = `
  scalar JSON
  type Event { id: ID! type: String! time: String! data: JSON cursor: String! }
  type Query { ready: Boolean! }
  type Subscription { events(filter: JSON, types: [String!]): Event! }
`;

let sequence = 0;

/** The next event with some data, as a publisher makes it. */
function nextEvent(data) {
  sequence += 1;
  const number = sequence.toString(16).padStart(24, '0');
  return {
    id: `evt_${number}`,
    type: 'order.created',
    time: new Date().toISOString(),
    data,
    cursor: `evc_${number}`,
  };
}

/** Answers `listen` with the address, and `publish` when the events were handed over, all in one turn of the loop. */
export function answerBench(listen, publish) {
  async function answer({ kind, json, count }) {
    if (kind === 'listen') return { url: `http://127.0.0.1:${await listen()}` };
    await Promise.all(Array.from({ length: count }, () => publish(nextEvent(JSON.parse(json)))));
    return {};
  }
  process.on('message', (question) => {
    void answer(question).then((given) => process.send(given));
  });
  process.on('disconnect', () => process.exit());
}

/** Listens on a free port of loopback and gives it. */
export function listenOn(server) {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => resolve(server.address().port));
  });
}
