/** The page's default Trusted Types policy: what the viewer sets as markup goes through the sanitiser, and no script does. */
import DOMPurify from "dompurify";

interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML: (text: string) => string; createScriptURL?: () => string }): never;
}

const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;

if (factory !== undefined) {
  // The viewer has a sanitiser of its own, which takes the usual name.
  const parsing = factory.createPolicy("reference", {
    createHTML: (text) => text,
    createScriptURL: () => {
      throw new TypeError("The reference loads no scripts.");
    },
  });
  factory.createPolicy("default", {
    createHTML: (text) => DOMPurify.sanitize(text, { TRUSTED_TYPES_POLICY: parsing, RETURN_TRUSTED_TYPE: false }),
  });
}
