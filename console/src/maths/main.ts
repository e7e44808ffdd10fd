/** A script of its own, which only a Deck with maths gets: what it draws with is left on the window. */
import { draw } from "./draw";

window.livedeckMaths = draw;
