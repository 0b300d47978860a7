import { Player } from "./player.js";

const players = new WeakMap();

/** Entry point of the Streamlit component: called again on the same root whenever its data or the theme changes. */
export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let player = players.get(parentElement);
  if (!player) {
    player = new Player(parentElement.querySelector(".host"));
    players.set(parentElement, player);
  }
  player.events = {
    onStep: (step) => setStateValue("step", step),
    onPin: (pin) => setStateValue("pinned", pin),
    onPick: (step) => setTriggerValue("picked", step),
    onMark: (stretch) => setTriggerValue("marked", stretch),
    onMoment: (index) => setStateValue("moment", index),
  };
  player.show(data);
  return () => {
    player.destroy();
    players.delete(parentElement);
  };
}
