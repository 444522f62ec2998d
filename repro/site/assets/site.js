// The search box.  Its data are scripts, loaded when it is used: a page that was opened from a file
// may load nothing else.  Without this script every list still works.
"use strict";
(() => {
  const MOST = 30;
  const box = document.querySelector(".search");
  const input = document.getElementById("search");
  const found = document.getElementById("found");
  const list = document.getElementById("found-list");
  const count = document.getElementById("found-count");
  const root = document.body.dataset.root;
  const data = new Map();

  // Each file of the index calls this.
  window.reproFound = (name, rows) => {
    data.set(name, rows);
    show();
  };

  const load = name => {
    if (data.has(name)) return;
    data.set(name, []);
    const script = document.createElement("script");
    script.src = `${root}search/${name}.js`;
    document.head.append(script);
  };

  const entry = (href, name, state, words, title) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = root + href;
    link.textContent = name;
    item.append(link);
    if (words) {
      const chip = document.createElement("span");
      chip.className = `chip ${state}`;
      chip.textContent = words;
      item.append(" ", chip);
    }
    if (title) {
      const line = document.createElement("span");
      line.className = "title";
      line.textContent = title;
      item.append(line);
    }
    return item;
  };

  const issues = words => (data.get("issues") ?? [])
    .filter(row => words.every(word => row.slice(0, 4).join(" ").toLowerCase().includes(word)))
    .map(([name, title, product, words, state, href]) =>
      () => entry(href, name, state, words, `${product}: ${title}`));

  // A run is found by the beginning of its identifier: its month says which file to look in.
  const runs = query => {
    if (!/^[0-9]{6}/.test(query)) return [];
    const month = query.slice(0, 6);
    load(`runs-${month}`);
    return (data.get(`runs-${month}`) ?? [])
      .filter(name => name.startsWith(query))
      .map(name => () => entry(`runs/${month}/${name}.html`, name));
  };

  const show = () => {
    const query = input.value.trim().toLowerCase();
    found.hidden = !query;
    if (!query) return;
    const all = [...issues(query.split(/\s+/)), ...runs(query)];
    list.replaceChildren(...all.slice(0, MOST).map(make => make()));
    const more = all.length > MOST ? `; the first ${MOST} are shown` : "";
    count.textContent = `${all.length || "nothing"} found${more}`;
  };

  input.addEventListener("focus", () => load("issues"), {once: true});
  input.addEventListener("input", show);
  box.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    input.value = "";
    show();
    input.focus();
  });
  document.addEventListener("click", event => {
    if (!box.contains(event.target)) found.hidden = true;
  });
  box.addEventListener("focusin", show);
  box.hidden = false;
})();
