// Renews the figures of the page every few seconds while it is looked at. What
// was typed into the form and the answer to it stay.
"use strict";

const pause = 5000;

async function renew() {
  if (document.hidden || !getSelection().isCollapsed) return;
  const answer = await fetch("/", { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (next && next.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(next));
  }
}

setInterval(() => renew().catch(() => {}), pause);
