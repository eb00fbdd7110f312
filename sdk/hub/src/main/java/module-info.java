/** Models by name, from the Hugging Face Hub, in Python's own cache: enter at {@link dev.sampo.hub.Hub}. */
module dev.sampo.hub {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.core;
  requires com.fasterxml.jackson.databind;
  requires java.net.http;
  requires org.slf4j;

  exports dev.sampo.hub;
}
