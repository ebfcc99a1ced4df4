/** Begins the page. */
import { createRoot } from "react-dom/client";
import "./design/index.css";
import { App } from "./app/App";
import { applyTheme } from "./app/theme";

applyTheme();
createRoot(document.getElementById("page")!).render(<App />);
