/** The one tree of errors. */
module dev.sampo.error {
  requires static transitive org.jspecify;

  exports dev.sampo.error;
}
