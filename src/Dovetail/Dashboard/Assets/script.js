// Keeps the page as the server says: its middle is sent anew whenever it changes. Without this script the page works, and is reloaded by hand.
(() => {
  'use strict';

  const RETRY_MS = 10000;
  const main = document.getElementById('main');
  const live = document.getElementById('live');

  // Changes only what differs, so that focus, selection and scroll positions stay.
  function update(old, next) {
    if (old.isEqualNode(next)) {
      return;
    }
    if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || old.id !== next.id) {
      old.replaceWith(next.cloneNode(true));
      return;
    }
    if (old.nodeType === Node.TEXT_NODE) {
      old.data = next.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      // The visitor opens and closes what can be opened.
      if (!next.hasAttribute(name) && name !== 'open') {
        old.removeAttribute(name);
      }
    }
    for (const { name, value } of next.attributes) {
      if (old.getAttribute(name) !== value) {
        old.setAttribute(name, value);
      }
    }
    const isAtEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 4;
    updateChildren(old, next);
    if (old.id === 'log' && isAtEnd) {
      old.scrollTop = old.scrollHeight;
    }
  }

  function updateChildren(old, next) {
    while (old.childNodes.length > next.childNodes.length) {
      old.lastChild.remove();
    }
    const present = [...old.childNodes];
    [...next.childNodes].forEach((child, place) => {
      if (place < present.length) {
        update(present[place], child);
      } else {
        old.append(child.cloneNode(true));
      }
    });
  }

  function show(html) {
    // Nothing of a document that is parsed so is run or loaded.
    const next = new DOMParser().parseFromString(html, 'text/html').body;
    const focused = document.activeElement?.id;
    // What the last order gave stays until the page is left.
    const done = document.getElementById('done');
    if (done) {
      next.querySelector('h1')?.after(done.cloneNode(true));
    }
    updateChildren(main, next);
    if (focused && document.activeElement?.id !== focused) {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
  }

  function say(text) {
    if (live.textContent !== text) {
      live.textContent = text;
    }
  }

  function follow() {
    const events = new EventSource(`/events?page=${encodeURIComponent(location.pathname)}`);
    events.addEventListener('open', () => say('Live.'));
    events.addEventListener('main', (event) => show(event.data));
    events.addEventListener('error', () => {
      say('Not connected; it is tried again.');
      if (events.readyState === EventSource.CLOSED) {
        setTimeout(follow, RETRY_MS);
      }
    });
    // A page that is kept for the way back must not hold a stream.
    addEventListener('pagehide', () => events.close(), { once: true });
  }

  const log = document.getElementById('log');
  if (log) {
    log.scrollTop = log.scrollHeight;
  }
  follow();
  addEventListener('pageshow', (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
})();
