const show = (id, text) => { document.getElementById(id).textContent = text; };
const attempt = async (id, action) => {
  try { show(id, await action()); } catch (error) { show(id, error.name); }
};
const instance = new URLSearchParams(location.search).get("instance");
(async () => {
  show("script", "runs");
  await attempt("api", async () => (await fetch("/algorithms")).text());
  await attempt("cookies", () => document.cookie);
  await attempt("storage", () => localStorage.length);
  await attempt("own", async () => (await fetch("shared")).text());
  await fetch(`${instance}/stop`, { method: "POST", mode: "no-cors" });
  document.title = "done";
})();
