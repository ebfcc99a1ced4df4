/** The page /docs: Swagger UI over the service's own description, with nothing from another host. */
import "swagger-ui-dist/swagger-ui.css";
import "./reference.css";
import "./policy";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

function followScheme(): void {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

followScheme();
dark.addEventListener("change", followScheme);
SwaggerUI({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  defaultModelsExpandDepth: 0,
  // A token that is entered lives as long as the page does.
  persistAuthorization: false,
  // Its badge would send the description to a host of somebody else.
  validatorUrl: null,
});
