import { Player } from "./player.js";

/** Entry point of an exported page: the timeline lies in the document itself. */
const text = document.getElementById("timeline").textContent.trim();
const payload = Uint8Array.from(atob(text), (symbol) => symbol.charCodeAt(0));
const player = new Player(document.getElementById("host"));
player.show(payload);
matchMedia("(prefers-color-scheme: dark)").onchange = () => player.show(payload);
