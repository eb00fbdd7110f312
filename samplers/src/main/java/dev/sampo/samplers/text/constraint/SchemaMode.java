package dev.sampo.samplers.text.constraint;

/** What is done about keywords of a JSON schema that no grammar can keep. */
public enum SchemaMode {
  /** They are an error that names them: whatever is generated is valid. */
  STRICT,

  /** They are left out, and {@link Grammar#leftOut()} lists them: what is generated may break just these. */
  LENIENT
}
