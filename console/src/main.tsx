import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { ThemeSetting } from "./core/theme";
import "./ui/tokens.css";
import "./ui/base.css";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
const page = createRoot(root);
// In slices: what is drawn for the first time is slow, for none of its code has run yet.
startTransition(() =>
  page.render(
    <StrictMode>
      <App theme={new ThemeSetting(window.localStorage)} />
    </StrictMode>,
  ),
);
