"use strict";

const PERIOD = 1000;
const PATIENCE = 5000;
const SHOWN = 100;

const find = (id) => document.getElementById(id);
const entries = []; // newest first: {data, row, detail}
let newest = "";
let ahead = 0;
let timer = 0;
let looking = false;

// Every value of the sandbox becomes a text node or an attribute of ours, never HTML.
function make(tag, options = {}, ...children) {
  const { attributes = {}, ...properties } = options;
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const badge = (text, kind = "") => make("span", { className: `badge ${kind}` }, text);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB");
}

function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} days`;
}

function duration(seconds) {
  return seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms` : `${seconds.toFixed(2)} s`;
}

// Rows of text and badges; cells that have not changed are left alone, so that a selection stays.
function fill(section, rows) {
  const table = find(section).querySelector("table");
  const body = table.tBodies[0];
  table.hidden = rows.length === 0;
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, index) => {
    const row = body.rows[index] ?? body.insertRow();
    cells.forEach((cell, column) => {
      const parts = [cell].flat();
      const key = JSON.stringify(parts);
      const place = row.cells[column] ?? row.insertCell();
      if (place.dataset.key === key) return;
      place.dataset.key = key;
      place.className = parts[0]?.className ?? "";
      place.replaceChildren(...parts.map((part) => (part?.badge ? badge(part.badge, part.kind) : part?.text ?? part)));
    });
  });
}

function statusKind(status) {
  if (status === null || status >= 500) return "bad";
  return status >= 400 ? "warn" : "good";
}

function verdict(data) {
  if (data.signed === null) return ["not checked", ""];
  if (!data.signed) return ["wrong", "bad"];
  return data.diagnosis ? ["right, but refused", "warn"] : ["right", "good"];
}

function isProblem(data) {
  return data.status === null || data.status >= 400 || data.fault !== null || data.signed === false;
}

function definitions(pairs) {
  return make("dl", {}, ...pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

function block(title, ...content) {
  return make("div", {}, make("h3", {}, title), ...content);
}

function comparison(difference) {
  const inside = difference.ours === difference.theirs;
  const line = (text, kind) => make("dd", {}, difference.before, make("mark", { className: kind }, text.slice(0, 1) || "(end)"), text.slice(1));
  const lead = make("p", {}, `The signed text differs from the expected one at byte ${difference.byte}${inside ? ", inside of a value that is masked" : ""}.`);
  if (inside) return [lead];
  return [
    lead,
    make(
      "dl",
      { className: "compare" },
      make("dt", {}, "Signed"),
      line(difference.theirs, "theirs"),
      make("dt", {}, "Expected"),
      line(difference.ours, "ours"),
    ),
  ];
}

function diagnosisOf(diagnosis) {
  return make(
    "div",
    { className: "diagnosis" },
    ...diagnosis.mistakes.flatMap((mistake) => [make("h3", {}, mistake.name), make("p", {}, mistake.advice)]),
    ...(diagnosis.difference ? comparison(diagnosis.difference) : []),
  );
}

function panel(data) {
  const facts = [
    ["Request", `${data.method} ${data.path}`],
    ["Answered", `${new Date(data.at * 1000).toISOString()}, after ${duration(data.seconds)}`],
    ["Request id", make("code", {}, data.id)],
  ];
  if (data.fault) facts.push(["Fault", make("code", {}, data.fault)]);
  const parts = [definitions(facts)];
  if (data.diagnosis) parts.unshift(diagnosisOf(data.diagnosis));
  if (data.diagnosis) parts.push(block("Expected to be signed", make("pre", { tabIndex: 0 }, data.diagnosis.expected)));
  if (data.query) parts.push(block("Query", make("pre", { tabIndex: 0 }, data.query)));
  if (data.headers.length) parts.push(block("Headers", definitions(data.headers)));
  if (data.body) parts.push(block("Body", make("pre", { tabIndex: 0 }, data.body)));
  return make("div", { className: "panel" }, ...parts);
}

function toggle(entry) {
  const open = entry.detail.hidden;
  if (open && !entry.detail.cells[0].hasChildNodes()) entry.detail.cells[0].append(panel(entry.data));
  entry.detail.hidden = !open;
  entry.row.classList.toggle("open", open);
  entry.row.querySelector(".opener").setAttribute("aria-expanded", String(open));
}

function entryOf(data) {
  const [verdictText, verdictKind] = verdict(data);
  const id = `detail-${data.id}`;
  const name = data.operation ? make("strong", {}, data.operation) : make("code", {}, `${data.method} ${data.path}`);
  const opener = make("button", { type: "button", className: "opener", attributes: { "aria-expanded": "false", "aria-controls": id } }, name);
  const row = make(
    "tr",
    { className: "request new" },
    make("td", { className: "time" }, clockTime(data.at)),
    make("td", {}, opener),
    make("td", {}, badge(data.status === null ? "none" : String(data.status), statusKind(data.status))),
    make("td", {}, badge(verdictText, verdictKind)),
    make("td", { className: "wide" }, ...(data.fault ? [badge(data.fault, "info")] : [])),
    make("td", { className: "wide number" }, duration(data.seconds)),
    make("td", { className: "widest" }, make("code", {}, data.id.slice(0, 8))),
  );
  const detail = make("tr", { className: "detail", id, hidden: true }, make("td", { colSpan: 7 }));
  const entry = { data, row, detail };
  row.addEventListener("click", (event) => {
    // A click that ends the selection of a text is none.
    if (opener.contains(event.target) || String(window.getSelection()) === "") toggle(entry);
  });
  return entry;
}

function applyFilter() {
  const wanted = find("filter").value;
  let shown = 0;
  for (const entry of entries) {
    const fits = wanted === "all" || (wanted === "problems" ? isProblem(entry.data) : entry.data.operation !== null);
    shown += fits;
    entry.row.hidden = !fits;
    if (!fits && !entry.detail.hidden) toggle(entry);
  }
  const table = find("requests").querySelector("table");
  table.hidden = shown === 0;
  setText(find("requests").querySelector(".empty"), entries.length ? "None of the last requests is of this kind." : "No request yet. Point a client at the base URL above: its requests appear here within a second.");
  setText(find("requests-count"), shown ? String(shown) : "");
}

function addRequests(complete, list) {
  const body = find("requests").querySelector("tbody");
  if (complete) {
    entries.length = 0;
    body.replaceChildren();
    newest = "";
  }
  for (const data of list) {
    const entry = entryOf(data);
    entries.unshift(entry);
    body.prepend(entry.row, entry.detail);
    newest = data.id;
  }
  for (const entry of entries.splice(SHOWN)) {
    entry.row.remove();
    entry.detail.remove();
  }
  if (complete || list.length) applyFilter();
  if (list.length && !complete) announce(list);
}

function announce(list) {
  const last = list[list.length - 1];
  const wrong = list.filter((data) => data.signed === false).length;
  const count = list.length === 1 ? "One new request" : `${list.length} new requests`;
  const parts = [`${count}, the last: ${last.operation ?? last.path}, status ${last.status ?? "none"}`];
  if (wrong) parts.push(`${wrong} with a wrong signature`);
  setText(find("news"), `${parts.join("; ")}.`);
}

function showClock(state) {
  ahead = state.ahead;
  const moment = new Date(state.now * 1000);
  setText(find("now"), moment.toLocaleTimeString("en-GB"));
  find("now").dateTime = moment.toISOString();
  setText(find("day"), moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }));
  const off = Math.round(ahead);
  setText(find("ahead"), off === 0 ? "As this machine's clock" : `${span(Math.abs(off))} ${off > 0 ? "ahead of" : "behind"} this machine's clock`);
  find("reset-clock").hidden = off === 0;
}

function showLimit({ limit, remaining, reset }) {
  setText(find("remaining"), String(remaining));
  setText(find("limit-size"), String(limit));
  const meter = find("meter");
  meter.max = limit;
  meter.low = limit * 0.2;
  meter.high = limit * 0.5;
  meter.optimum = limit;
  meter.value = remaining;
  setText(find("reset-in"), reset ? `the next place gets free in ${reset} s` : "");
}

function userState(user, now) {
  const parts = [];
  if (user.gone_at !== null) parts.push({ badge: `deleted in ${span(user.gone_at - now)}`, kind: "warn" });
  if (user.rsa_key) parts.push({ badge: "RSA key", kind: "info" });
  return parts.length ? parts : { badge: "registered", kind: "good" };
}

function linkState(link, now) {
  return link.used ? { badge: "used", kind: "" } : { badge: `expires in ${span(link.expires_at - now)}`, kind: "good" };
}

function delivery(webhook, now) {
  const tries = webhook.deliveries.map((status) => status ?? "no answer").join(", ");
  if (webhook.delivered) return { badge: `delivered: ${tries}`, kind: "good" };
  if (webhook.next_at === null) return webhook.deliveries.length ? { badge: `given up: ${tries}`, kind: "bad" } : { badge: "not sent: no URL", kind: "" };
  const next = webhook.next_at <= now ? "under way" : `next in ${span(webhook.next_at - now)}`;
  return tries ? [{ badge: tries, kind: "bad" }, { badge: next, kind: "warn" }] : { badge: next, kind: "warn" };
}

function show(state) {
  setText(find("base-url"), state.base_url);
  setText(find("client-id"), state.client_id);
  showClock(state);
  showLimit(state.rate_limit);
  fill("faults", state.faults.map((fault) => [fault.operation, { text: fault.fault }, { text: String(fault.times), className: "number" }]));
  find("clear-faults").hidden = state.faults.length === 0;
  fill("users", state.users.map((user) => [user.user_id, user.connections.join(", ") || { text: "none", className: "muted" }, userState(user, state.now)]));
  setText(find("users-count"), String(state.user_count || ""));
  const links = state.links.toReversed();
  fill("links", links.map((link) => [link.user_id, linkState(link, state.now)]));
  setText(find("links-count"), String(links.filter((link) => !link.used).length || ""));
  const webhooks = state.webhooks.toReversed();
  fill("webhooks", webhooks.map((webhook) => [webhook.event_type, webhook.user_id, delivery(webhook, state.now)]));
  setText(find("webhooks-count"), String(webhooks.length || ""));
  addRequests(state.complete, state.requests);
}

function tell(text, kind) {
  setText(find("link"), text);
  find("link").className = `badge ${kind}`;
}

async function look() {
  clearTimeout(timer);
  if (document.hidden || looking) return;
  looking = true;
  try {
    const answer = await fetch(`/_sandbox/dashboard.json?after=${encodeURIComponent(newest)}`, { signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    tell("Live", "good");
  } catch {
    tell("No answer, trying again", "bad");
  }
  looking = false;
  timer = setTimeout(look, PERIOD);
}

async function change(method, path, body) {
  const alert = find("alert");
  try {
    const answer = await fetch(`/_sandbox/${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {}),
      signal: AbortSignal.timeout(PATIENCE),
    });
    alert.hidden = answer.ok;
    if (!answer.ok) setText(alert, (await answer.json()).detail);
    look();
    return answer.ok;
  } catch {
    alert.hidden = false;
    setText(alert, "The sandbox does not answer: is it still running?");
    return false;
  }
}

find("filter").addEventListener("change", applyFilter);
find("forget-requests").addEventListener("click", () => change("DELETE", "requests"));
find("clear-faults").addEventListener("click", () => change("DELETE", "faults"));
find("reset-limit").addEventListener("submit", (event) => {
  event.preventDefault();
  change("DELETE", "rate-limit");
});
find("shift-clock").addEventListener("submit", (event) => {
  event.preventDefault();
  const value = event.submitter?.value ?? "60";
  change("POST", "clock", { shift: value === "reset" ? -ahead : Number(value) });
});
find("add-user").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (await change("POST", "users", Object.fromEntries(new FormData(form)))) form.reset();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) tell("Paused", "");
  look();
});

look();
