// An OpenID provider: oidc-provider, certified by the OpenID Foundation, with one client of ours.
// In: port, address of our pages, scheme of the client's authentication. Prints `ready`, and runs until it is ended.
// Whoever signs in as NAME has the address NAME@example.org; NAME may be `unverified`; groups are
// the parts of NAME behind a plus sign.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, pages, method] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "mailer",
      client_secret: method === "none" ? undefined : "a secret of the client",
      token_endpoint_auth_method: method,
      redirect_uris: [`${pages}/console/openid/back`],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub", "auth_time"], email: ["email", "email_verified"], profile: ["name", "groups"] },
  cookies: { keys: ["a key of the test"] },
  async findAccount(_context, id) {
    const [name, ...groups] = id.split("+");
    return {
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${name}@example.org`,
        email_verified: name !== "unverified",
        name: name.toUpperCase(),
        groups,
      }),
    };
  },
});
provider.proxy = false;
createServer(provider.callback()).listen(Number(port), "127.0.0.1", () => console.log("ready"));
