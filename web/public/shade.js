// Before the first picture: dark, unless light was chosen in this browser (src/ui/shade.ts).
(() => {
  let kept = null;
  try {
    kept = localStorage.getItem("saywhen.shade");
  } catch {
    // a browser that keeps nothing
  }
  const light = kept === "light" || (kept === "device" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.shade = light ? "light" : "dark";
  if (light) document.querySelector('meta[name="theme-color"]').content = "#f3f5f8";
})();
