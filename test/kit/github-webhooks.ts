// GitHub's published webhook schemas and payloads for tests. The demo needs them too, so the code is there.
export { cutOutEventSchemas, type GitHubEvent } from '../../src/demo/github-webhooks.js';
