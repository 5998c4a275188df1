// Drives every page of the status page in Chromium: node status.mjs TVSCIM FOLDER
//
// It starts an emulated TeamViewer and a gateway with admin tokens, plays Entra's requests against it, and fails on errors of the
// console, violations of the Content-Security-Policy, requests to another host, and serious findings of axe. Screenshots are
// written to FOLDER.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

const require = createRequire(path.join(process.env.BROWSER_MODULES, "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [tvscim, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const problems = [];
const children = [];
const check = (ok, text) => { if (!ok) { problems.push(text); } };

// run starts a command and returns the first match of each pattern in its output.
async function run(args, env, ...patterns) {
  const child = spawn(tvscim, args, { env: { ...process.env, ...env } });
  children.push(child);
  let out = "";
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${args[0]} did not start:\n${out}`)), 30000);
    const read = (data) => {
      out += data;
      const found = patterns.map((p) => out.match(p)?.[1]);
      if (found.every(Boolean)) { clearTimeout(late); resolve(found); }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`${args[0]} ended with ${code}:\n${out}`)));
  });
}

const hash = (text) => createHash("sha256").update(text).digest("hex");
const adminToken = "browser-admin-token-0123456789", clientToken = "browser-client-token-0123456789";

const [api, tvToken, control] = await run(["emulate", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--users", "18"], {},
  /Web API +(\S+)/, /token +(\S+)/, /control +(\S+)/);
const [scimAddress, adminAddress] = await run(["serve"], {
  TVSCIM_LISTEN: "127.0.0.1:0", TVSCIM_ADMIN_LISTEN: "127.0.0.1:0", TVSCIM_AUTH_MODE: "token", TVSCIM_TEAMVIEWER_BASE_URL: api,
  TVSCIM_TEAMVIEWER_TOKEN: tvToken, TVSCIM_TEAMVIEWER_CALLS_PER_DAY: "36000", TVSCIM_LOG_FORMAT: "json", TVSCIM_PUBLIC_URL: "https://tv.contoso.example",
  TVSCIM_AUTH_TOKENS: `[{name: entra, sha256: ${hash(clientToken)}}]`, TVSCIM_ADMIN_TOKENS: `[{name: ada, sha256: ${hash(adminToken)}}]`,
}, /"scim":"([^"]+)"/, /"admin":"([^"]+)"/);
const base = `http://${scimAddress}/scim/v2`, status = `http://${adminAddress}/status`;

async function scim(method, at, body, token = clientToken) {
  const answer = await fetch(base + at, {
    method, body: typeof body === "object" ? JSON.stringify(body) : body,
    headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/scim+json" } : {}) },
  });
  const text = await answer.text();
  return { status: answer.status, text, json: text ? JSON.parse(text) : {} };
}
const patchOf = (...operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations });
const userOf = (userName, displayName, more = {}) => ({
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName, displayName, active: true, externalId: userName.split("@")[0], ...more,
});
const find = (userName) => scim("GET", `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`);

// A cycle of Entra, with names that are long, right-to-left, or markup.
const markup = "<img src=x onerror=alert(1)> <script>alert(2)</script>";
const long = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Maximiliana Theodora Alexandrina";
async function cycle() {
  await find("56a1e0c4-9d0b-4c55-8a53-0b7f6c1f2d11");
  const ids = {};
  for (const [name, address] of [["Nora Vale", "nora.vale"], ["Ola Lind", "ola.lind"], ["مريم عبد الرحمن", "maryam"], [long, "long"], [markup, "markup"], ["Pia\u202eBerg\u0007", "pia"]]) {
    await find(`${address}@contoso.example`);
    const made = await scim("POST", "/Users", userOf(`${address}@contoso.example`, name, { password: "Secret-Canary-1", preferredLanguage: "de-DE" }));
    ids[address] = made.json.id;
  }
  const group = await scim("POST", "/Groups", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "TV Field Service EU", members: [{ value: ids["nora.vale"] }] });
  await scim("PATCH", `/Groups/${group.json.id}`, patchOf({ op: "Add", path: "members", value: [{ value: ids["ola.lind"] }, { value: ids.maryam }] }));
  await scim("PATCH", `/Users/${ids["nora.vale"]}`, patchOf({ op: "Replace", path: "displayName", value: "Nora Vale-Roth" }, { op: "Replace", path: "name.familyName", value: "Vale-Roth" }));
  await scim("PATCH", `/Users/${ids["ola.lind"]}`, patchOf({ op: "Replace", path: "active", value: "False" }));
  await scim("PATCH", `/Users/${ids["ola.lind"]}`, `{"Operations": [{"op": "Replace"`);
  await scim("GET", "/Users", undefined, "not-the-token");
  await scim("POST", "/Users", userOf("nora.vale@contoso.example", "Nora Again"));
  return { ...ids, group: group.json.id };
}

// removeMany removes users whom no client made, until the guard holds back.
async function removeMany() {
  let held = 0;
  for (let i = 1; i <= 9; i++) {
    const found = await find(`user${i}@contoso.example`);
    const gone = await scim("DELETE", `/Users/${found.json.Resources[0].id}`);
    held += gone.status === 400;
  }
  return held;
}

let browser;

// open opens a page in a mode; everything that goes wrong in it is a problem.
async function open(name, options) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
  const page = await context.newPage();
  const expected = new Set(); // statuses that a step provokes: Chromium reports them as errors of the console
  page.on("console", (m) => {
    if (m.type() === "error" && ![...expected].some((s) => m.text().includes(`status of ${s}`))) { problems.push(`${name}: console: ${m.text()}`); }
    if (/Content Security Policy/i.test(m.text())) { problems.push(`${name}: ${m.text()}`); }
  });
  page.on("pageerror", (e) => problems.push(`${name}: ${e}`));
  page.on("dialog", (d) => { problems.push(`${name}: dialog ${d.message()}`); d.dismiss(); });
  page.on("request", (r) => {
    const u = new URL(r.url());
    check(u.host === adminAddress, `${name}: request to ${r.url()}`);
    check(!/nora|contoso|%40|@/i.test(u.pathname + u.search), `${name}: personal data in ${r.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) => console.error(`Content Security Policy: ${e.violatedDirective} ${e.blockedURI}`));
  });
  const look = async (shot) => {
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    for (const v of result.violations.filter((v) => v.impact === "serious" || v.impact === "critical" || v.impact === "moderate")) {
      problems.push(`${name} ${shot}: axe: ${v.impact}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html} ${n.failureSummary}`).join(" | ")}`);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wide <= 0, `${name} ${shot}: the page is ${wide} px wider than the window`);
    await page.screenshot({ path: path.join(folder, `${name}-${shot}.png`), fullPage: true });
  };
  return { page, look, expected, context };
}

async function signIn({ page, expected, look }) {
  expected.add(401);
  await page.goto(status);
  check(!(await page.content()).includes("Components"), "shown without sign-in");
  await look("signin");
  await page.fill("#token", "wrong");
  await page.click("text=Sign in >> nth=-1");
  check((await page.textContent("main")).includes("none of the tokens"), "a wrong token is not refused");
  await page.fill("#token", adminToken);
  await page.click("button:has-text('Sign in')");
  await page.waitForSelector("#overview");
  expected.delete(401);
}

// tour visits every page once the cycle was played.
async function tour({ page, look }, ids) {
  await page.goto(status);
  await look("overview");
  await page.goto(`${status}/activity`);
  await look("activity");
  await page.selectOption("[name=outcome]", "failed");
  await page.click("button:has-text('Show')");
  const malformed = page.locator("tr", { hasText: "refused" }).filter({ hasText: "Change user" }).first();
  await malformed.locator("a").first().click();
  check((await page.textContent("main")).includes('{"Operations": [{"op": "Replace"'), "the malformed body is not shown");
  await look("failure");
  await page.goto(`${status}/people`);
  await look("people");
  await page.fill("[name=text]", "contoso");
  await page.click("button:has-text('Find')");
  await page.waitForSelector(".found");
  await look("found");
  await page.fill("[name=text]", "nora");
  await page.click("button:has-text('Find')");
  await page.click(".found a");
  await page.waitForSelector("text=What TeamViewer holds");
  await page.click("button:has-text('Read the groups')");
  await page.waitForSelector(".found >> text=TV Field Service EU");
  await look("person");
  await page.locator("a:has-text('changed')").first().click();
  await page.waitForSelector("text=TeamViewer calls");
  check((await page.textContent("main")).includes("Understood as"), "no canonical operations");
  check((await page.textContent("main")).includes("To take it back"), "no undo request");
  await look("change");
  for (const who of ["long", "markup", "maryam", "pia"]) {
    await page.goto(`${status}/people/${ids[who]}`);
    await look(`person-${who}`);
  }
  await page.goto(`${status}/people/${ids.group}`);
  await page.click("button:has-text('Read the members')");
  await page.waitForSelector(".found >> text=Ola Lind");
  await look("group");
  await page.goto(`${status}/guard`);
  await look("guard");
}

try {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"] });
  const desk = await open("light", { viewport: { width: 1280, height: 860 }, colorScheme: "light" });
  await signIn(desk);
  await desk.look("overview-empty");
  await desk.page.goto(`${status}/activity`);
  await desk.look("activity-empty");
  await desk.page.goto(`${status}/people`);
  await desk.look("people-empty");

  // Rows appear while the page is open.
  await desk.page.goto(`${status}/activity`);
  const ids = await cycle();
  await desk.page.waitForSelector("tr >> text=TV Field Service EU", { timeout: 20000 });
  check((await desk.page.textContent("time")).includes("UTC") === false, "times are not in the reader's zone");

  // The text of an error finds its request.
  const refused = await scim("POST", "/Users", userOf("ola.lind@contoso.example", "Ola Again"));
  await desk.page.fill("[name=text]", refused.json.detail);
  await desk.page.click("button:has-text('Show')");
  await desk.page.waitForSelector("text=SCIM request");
  check((await desk.page.textContent("main")).includes(refused.json.detail), "the text of the error does not find its request");

  // The guard is released by the typed word alone.
  check((await removeMany()) > 0, "the guard holds nothing back");
  await desk.page.goto(status);
  check((await desk.page.textContent("h1")).includes("The guard holds back removals."), "the overview does not tell of the guard");
  await desk.look("overview-guard");
  await desk.page.goto(`${status}/guard`);
  await desk.look("guard-holds");
  desk.expected.add(422);
  await desk.page.fill("[name=word]", "yes");
  await desk.page.click("button:has-text('Release')");
  await desk.page.waitForSelector("text=Nothing was released");
  desk.expected.delete(422);
  await desk.page.fill("[name=word]", "release");
  await desk.page.click("button:has-text('Release')");
  await desk.page.waitForSelector("text=Removals are let through");
  const gone = await find("user9@contoso.example");
  check((await scim("DELETE", `/Users/${gone.json.Resources[0].id}`)).status === 204, "a released removal is held back");

  await tour(desk, ids);
  const secrets = await desk.page.content();
  check(!secrets.includes("Secret-Canary"), "a password is shown");
  for (const [name, options] of [
    ["dark", { viewport: { width: 1280, height: 860 }, colorScheme: "dark" }],
    ["phone", { viewport: { width: 360, height: 740 }, colorScheme: "light", deviceScaleFactor: 2 }],
    ["plain", { viewport: { width: 900, height: 800 }, colorScheme: "light", javaScriptEnabled: false }],
  ]) {
    const at = await open(name, options);
    const without = name === "plain" ? { ...at, look: (shot) => at.page.screenshot({ path: path.join(folder, `plain-${shot}.png`), fullPage: true }) } : at;
    await signIn(without);
    await tour(without, ids);
  
    at.expected.add(401);
    await at.page.click("text=Sign out");
    await at.page.waitForSelector("#token");
    await at.context.close();
  }

  // TeamViewer refuses the token: the sentence and its colour follow.
  await fetch(`${control}/token`, { method: "POST", body: '{"state":"expired"}' });
  await desk.page.goto(status);
  await scim("PATCH", `/Users/${ids["nora.vale"]}`, patchOf({ op: "Replace", path: "active", value: false }));
  await desk.page.waitForSelector(".verdict.failing", { timeout: 20000 });
  await desk.look("overview-failing");
} catch (e) {
  problems.push(String(e.stack || e));
} finally {
  await browser?.close();
  children.forEach((c) => { c.removeAllListeners("exit"); c.kill("SIGTERM"); });
}
if (problems.length) {
  console.error([...new Set(problems)].join("\n"));
  process.exit(1);
}
console.log("every page was driven: no error, no violation, no foreign request, no finding");
