// Shows the sandbox as it is. Whatever comes from outside becomes text, never markup.
const PAUSE = 700; // milliseconds between two looks
const FLASH = 1600; // how long a button says that it has copied
const GATHER = 1200; // how long news are gathered before they are told in one sentence

const byId = (id) => document.getElementById(id);
const texts = JSON.parse(byId("texts").textContent);
const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const amount = new Intl.NumberFormat(language);
// A function puts the value in: in a string, $& would be taken for a pattern.
const told = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function stamp(id) {
  const node = byId(id).content.firstElementChild.cloneNode(true);
  return [node, (name) => node.querySelector(`[data-slot="${name}"]`)];
}

// Keeps a list on the page as the data is: what did not change keeps its element, and with it the focus.
function keyed(list, make) {
  const shown = new Map();
  return (items, key) => {
    const wanted = new Set(items.map(key));
    const fresh = [];
    for (const [id, { node }] of shown) {
      if (!wanted.has(id)) {
        node.remove();
        shown.delete(id);
      }
    }
    let place = list.firstElementChild;
    for (const item of items) {
      const id = key(item);
      const says = JSON.stringify(item);
      const before = shown.get(id);
      let node = before?.node;
      if (before?.says !== says) {
        node = make(item);
        if (before) {
          if (place === before.node) place = node;
          before.node.replaceWith(node);
        } else {
          fresh.push(item);
        }
        shown.set(id, { node, says });
      }
      if (place === node) {
        place = node.nextElementSibling;
      } else {
        list.insertBefore(node, place);
      }
    }
    return fresh;
  };
}

function phoneItems(phones, inAll) {
  const items = phones.map((phone) => {
    const [node] = stamp("phone");
    node.querySelector(".number").textContent = `+${phone}`;
    return node;
  });
  if (inAll > phones.length) {
    const [node] = stamp("phone");
    node.textContent = told(texts.more, { number: amount.format(inAll - phones.length) });
    items.push(node);
  }
  return items;
}

function groupCard(group) {
  const [card, slot] = stamp("group");
  slot("name").textContent = group.name;
  slot("instance").textContent = group.instance;
  slot("created").textContent = moment.format(group.created);
  slot("created").dateTime = new Date(group.created).toISOString();
  const [creator] = stamp(group.demoted ? "demoted" : "creator");
  creator.querySelector(".number").textContent = `+${texts.creator}`;
  slot("members-in-all").textContent = amount.format(group.membersInAll + 1);
  slot("members").replaceChildren(creator, ...phoneItems(group.members, group.membersInAll));
  slot("invited-part").hidden = group.invitedInAll === 0;
  slot("invited-in-all").textContent = amount.format(group.invitedInAll);
  slot("invited").replaceChildren(...phoneItems(group.invited, group.invitedInAll));
  slot("qr").alt = told(texts.qr, { name: group.name });
  slot("qr").src = group.qr;
  slot("link").textContent = group.link;
  slot("id").textContent = group.id;
  const copying = slot("copy");
  copying.setAttribute("aria-label", told(texts.copyOf, { name: group.name }));
  copying.addEventListener("click", () => copy(copying, group.link));
  return card;
}

function activeItem(active) {
  const [item, slot] = stamp("active");
  slot("fault").textContent = active.fault;
  slot("left").textContent =
    active.times === null ? texts.forGood : told(texts.left, { number: amount.format(active.times) });
  slot("instance").textContent =
    active.instance === null ? texts.allInstances : told(texts.onInstance, { name: active.instance });
  slot("off").setAttribute("aria-label", told(texts.off, { name: active.fault }));
  slot("off").addEventListener("click", () => switchOff([active]));
  return item;
}

function requestRow(request) {
  const [row, slot] = stamp("request");
  slot("time").textContent = clock.format(request.at);
  slot("time").dateTime = new Date(request.at).toISOString();
  slot("method").textContent = request.method;
  const [call, ...of] = request.call.split("/");
  slot("call").textContent = call || texts.unknownCall;
  slot("of").textContent = of.join("/");
  slot("name").textContent = request.name ?? "";
  slot("fault").textContent = request.fault === null ? "" : told(texts.struck, { name: request.fault });
  slot("instance").textContent = request.instance;
  slot("status").textContent = request.status ?? texts.noAnswer;
  slot("status").dataset.kind = request.status === null ? "none" : String(request.status)[0];
  return row;
}

const showGroups = keyed(byId("group-list"), groupCard);
const showActive = keyed(byId("on-list"), activeItem);
const showRequests = keyed(byId("request-list"), requestRow);
const switches = [...document.querySelectorAll("[role=switch]")];
let active = [];
let version = "";

function show(view) {
  const first = version === "";
  version = view.version;
  active = view.faults;
  const fresh = showGroups(view.groups, (group) => group.id);
  showActive(view.faults, (fault) => fault.number);
  showRequests(view.requests, (request) => request.number);
  count("groups", view.groupsInAll);
  count("faults", active.length);
  count("requests", view.requestsInAll);
  rest("more-groups", view.groupsInAll - view.groups.length);
  rest("more-requests", view.requestsInAll - view.requests.length);
  const on = new Set(active.map((fault) => fault.fault));
  for (const each of switches) each.setAttribute("aria-checked", String(on.has(each.dataset.fault)));
  byId("none-on").hidden = byId("all-off").hidden = true;
  byId(active.length ? "all-off" : "none-on").hidden = false;
  byId("log").hidden = byId("forget").hidden = view.requestsInAll === 0;
  byId("no-requests").hidden = view.requestsInAll > 0;
  // The way in is open as long as there is nothing, and folded once by the first group.
  const empty = view.groupsInAll === 0;
  if (byId("empty").hidden !== !empty) byId("connect").open = empty;
  byId("empty").hidden = !empty;
  offerInstances(view);
  if (!first) tell(fresh);
}

function count(of, number) {
  document.querySelector(`[data-count="${of}"]`).textContent = amount.format(number);
}

function rest(id, number) {
  byId(id).hidden = number <= 0;
  byId(id).textContent = told(texts.notShown, { number: amount.format(number) });
}

function offerInstances(view) {
  const select = byId("instance");
  const known = new Set([...select.options].map((option) => option.value));
  for (const { instance } of [...view.groups, ...view.requests]) {
    if (!known.has(instance)) {
      known.add(instance);
      select.add(new Option(instance, instance));
    }
  }
}

let news = [];
let telling = 0;

function tell(groups) {
  news.push(...groups.map((group) => group.name));
  if (!news.length || telling) return;
  telling = setTimeout(() => {
    say(
      news.length === 1
        ? told(texts.newGroup, { name: news[0] })
        : told(texts.newGroups, { number: amount.format(news.length) }),
    );
    news = [];
    telling = 0;
  }, GATHER);
}

function say(text) {
  byId("news").textContent = text;
}

function state(alive) {
  const text = alive ? texts.live : texts.away;
  byId("state").dataset.alive = String(alive);
  if (byId("state-text").textContent !== text) byId("state-text").textContent = text;
}

async function look() {
  try {
    const answer = await fetch(`/sandbox/view?known=${version}`);
    if (answer.status === 200) show(await answer.json());
    state(answer.ok);
  } catch {
    state(false);
  }
}

let waiting = 0;

async function watch() {
  clearTimeout(waiting);
  if (document.hidden) return;
  await look();
  clearTimeout(waiting);
  waiting = setTimeout(watch, PAUSE);
}

async function change(method, path, body) {
  problem("");
  const asked = { method };
  if (body) {
    asked.headers = { "Content-Type": "application/json" };
    asked.body = JSON.stringify(body);
  }
  try {
    const answer = await fetch(path, asked);
    if (!answer.ok) problem(told(texts.refused, { error: (await answer.json()).error }));
    return answer.ok;
  } catch {
    state(false);
    return false;
  } finally {
    await look();
  }
}

function problem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = text === "";
}

async function switchOn(fault) {
  const [times, seconds, forGood] = [byId("times"), byId("seconds"), byId("for-good").checked];
  if (!forGood && !(times.validity.valid && times.value)) return problem(texts.times);
  if (!seconds.validity.valid) return problem(texts.seconds);
  const takesTime = TAKE_TIME.has(fault) && seconds.value !== "";
  const body = { fault, times: forGood ? null : Number(times.value), instance: byId("instance").value || null };
  if (takesTime) body.seconds = Number(seconds.value);
  if (await change("POST", "/sandbox/faults", body)) say(told(texts.isOn, { name: fault }));
}

async function switchOff(faults) {
  for (const { number, fault } of faults) {
    if (await change("DELETE", `/sandbox/faults/${number}`)) say(told(texts.isOff, { name: fault }));
  }
}

async function copy(button, text) {
  const says = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = texts.copied;
    say(texts.copied);
  } catch {
    say(texts.notCopied);
    return;
  }
  setTimeout(() => (button.textContent = says), FLASH);
}

function find() {
  const wanted = byId("find").value.trim().toLocaleLowerCase(language);
  let found = 0;
  for (const call of document.querySelectorAll("details.call")) {
    let here = 0;
    for (const fault of call.querySelectorAll(".fault")) {
      const fits = fault.dataset.search.toLocaleLowerCase(language).includes(wanted);
      fault.hidden = !fits;
      here += fits;
    }
    call.hidden = here === 0;
    call.open = wanted !== "" && here > 0;
    call.querySelector("[data-call-count]").textContent = amount.format(here);
    found += here;
  }
  byId("none-found").hidden = found > 0;
}

const TAKE_TIME = new Set(texts.takeTime);

for (const each of switches) {
  const fault = each.dataset.fault;
  each.addEventListener("click", () =>
    each.getAttribute("aria-checked") === "true"
      ? switchOff(active.filter((one) => one.fault === fault))
      : switchOn(fault),
  );
}
for (const each of document.querySelectorAll("[data-copy]")) {
  each.addEventListener("click", () => copy(each, byId(each.dataset.copy).textContent));
}
byId("for-good").addEventListener("change", () => (byId("times").disabled = byId("for-good").checked));
byId("all-off").addEventListener("click", () => change("DELETE", "/sandbox/faults"));
byId("forget").addEventListener("click", () => change("DELETE", "/sandbox/requests"));
byId("find").addEventListener("input", find);
document.addEventListener("visibilitychange", watch);
watch();
