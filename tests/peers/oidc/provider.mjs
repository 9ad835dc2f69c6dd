// A provider of OpenID Connect for tests, on 127.0.0.1: prints its issuer, then answers until it is ended.
// Argument: JSON {client: {...}, accounts: {SUBJECT: {claims}}}. Whoever
// `login_hint` names is logged in without a form, else the first.
import http from "node:http";
import { Provider } from "oidc-provider";

const { client, accounts } = JSON.parse(process.argv[2]);
const server = http.createServer().listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  });
  const answer = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    const { params } = await provider.interactionDetails(request, response);
    await provider.interactionFinished(request, response, { login: { accountId: params.login_hint ?? Object.keys(accounts)[0] } });
  });
  console.log(JSON.stringify({ issuer }));
});
