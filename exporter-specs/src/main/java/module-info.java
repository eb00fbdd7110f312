/** What every kind of graph must look like. */
module dev.sampo.specs {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.error;
  requires com.fasterxml.jackson.databind;

  exports dev.sampo.specs;
}
