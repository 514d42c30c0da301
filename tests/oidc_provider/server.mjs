// A real OpenID provider on a loopback port, for the tests: node server.mjs, with a JSON configuration in OIDC_TEST.
// It enforces PKCE, lets every login in without a password, and says what its configuration lists for that login.
// The first line it prints is its issuer; it ends when its standard input does.
import { createServer } from "node:http";

import Provider from "oidc-provider";

const { clientId, clientSecret, redirectUri, afterSignOut, people } = JSON.parse(process.env.OIDC_TEST);

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [afterSignOut],
    },
  ],
  claims: { openid: ["sub", "institution"], profile: ["name"], email: ["email"], roles: ["groups"] },
  scopes: ["openid", "profile", "email", "roles"],
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["only for tests"] },
});
server.on("request", provider.callback());
console.log(issuer);
process.stdin.resume().on("end", () => process.exit(0));
