// Shows what the address says: the list of objects, or one of them.

import { get, of } from "./api.js";
import { EventPage } from "./event.js";
import { LivePage } from "./live.js";
import { fill, h } from "./markup.js";
import { ObjectsPage } from "./objects.js";
import { readAddress } from "./place.js";
import { bytes, plural } from "./words.js";

const room = document.getElementById("room");
// The address of what happens now: no object has a name in small letters alone.
const LIVE = "live";
let about = null;
let shown = null;
let turning = 0;

async function show() {
  const { ref, asked } = readAddress();
  turning += 1;
  const turn = turning;
  try {
    const isNew = ref && ref !== LIVE && !(shown instanceof EventPage && shown.ref === ref);
    const asking = isNew ? get(of(ref)) : null;
    asking?.catch(() => {});
    about ??= await get("/api/about");
    if (turn !== turning) return;
    sayAbout(ref);
    if (ref === LIVE || about.live_only) {
      if (shown instanceof LivePage) return;
      put(new LivePage(about.live), about.live);
      shown.hasArchive = !about.live_only;
      return;
    }
    if (!ref) {
      if (shown instanceof ObjectsPage) shown.show(asked);
      else put(new ObjectsPage(about, asked), about.name);
      return;
    }
    if (isNew) {
      const story = await asking;
      if (turn !== turning) return;
      put(new EventPage(ref, story), ref);
    }
    shown.show(asked);
  } catch (error) {
    if (turn !== turning) return;
    shown?.close?.();
    shown = null;
    fill(room, h("main", { id: "main", class: "failed" }, h("h1", { text: ref || "Objects" }), h("p", { class: "error", role: "alert", text: error.message }),
      h("p", {}, h("a", { href: "#/", text: "All objects" }))));
  }
}

function put(page, title) {
  shown?.close?.();
  shown = page;
  document.title = `${title} · gracetape`;
  fill(room, page.element);
  window.scrollTo(0, 0);
}

function sayAbout(ref) {
  const counts = [about.superevents && plural(about.superevents, "superevent"), about.events && plural(about.events, "event"), about.heard && plural(about.heard, "message"), about.bytes && bytes(about.bytes)];
  const live = about.live && h("a", { href: `#/${LIVE}`, class: "live-link", "aria-current": ref === LIVE ? "page" : null, text: "Live" });
  fill(document.getElementById("about"), live, about.live_only || h("a", { href: "#/", class: "mono", "aria-current": ref ? null : "page", text: about.name }),
    h("span", { class: "said", text: counts.filter(Boolean).join(" · ") }));
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  const main = document.getElementById("main");
  main.tabIndex = -1;
  main.focus();
});
window.addEventListener("popstate", show);
show();
