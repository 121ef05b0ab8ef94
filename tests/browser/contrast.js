// Every text that is seen, with the contrast between its colour and what is behind it (WCAG 2, relative luminance).
() => {
  const parts = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { light: [red, green, blue], alpha };
  };
  const luminance = (light) => {
    const [red, green, blue] = light
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const { light, alpha } = parts(getComputedStyle(each).backgroundColor);
      if (alpha === 1) return light;
      if (alpha > 0) throw new Error(`a background that shines through: ${each.className}`);
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = element.matches("input") ? element.value || element.placeholder : texts.map((node) => node.data).join("").trim();
    if (!text || !element.checkVisibility() || element.matches("script, template, .unseen, .unseen *")) continue;
    const colour = element.matches("input:placeholder-shown") ? getComputedStyle(element, "::placeholder").color : getComputedStyle(element).color;
    const [one, other] = [luminance(parts(colour).light), luminance(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found.push({ text: text.slice(0, 40), ratio: Math.round(ratio * 100) / 100 });
  }
  return found;
}
