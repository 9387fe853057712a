// The other side of the benches `publish` and `inbound-webhook`: the product's own HTTP server with one route that answers a constant.
import { createHttpServer } from '../../src/http/server.js';
import { createLog } from '../../src/log.js';
import { answerParent } from './child.js';

const answer = { data: { publishEvent: { event: { id: 'evt_0123456789abcdef01234567' }, userErrors: [] } } };

const server = createHttpServer({ log: createLog('error'), maxBodyBytes: 1_572_864, newErrorId: () => '0' });
server.post('/graphql', async () => answer);

answerParent(async () => ({ url: await server.listen({ port: 0, host: '127.0.0.1' }) }));
