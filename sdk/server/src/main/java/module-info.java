/** Models over HTTP, as OpenAI's interface: enter at {@link dev.sampo.server.SampoServer}. */
module dev.sampo.server {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.core;
  requires dev.sampo.imaging;
  requires com.fasterxml.jackson.databind;
  requires micrometer.core;
  requires micrometer.registry.prometheus;
  requires org.eclipse.jetty.http;
  requires org.eclipse.jetty.io;
  requires org.eclipse.jetty.server;
  requires org.eclipse.jetty.util;
  requires org.slf4j;

  exports dev.sampo.server;
}
