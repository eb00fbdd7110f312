/** Pictures in files, contact sheets, animations and plots: enter at {@code dev.sampo.imaging.Pictures}. */
module dev.sampo.imaging {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.core;
  requires transitive java.desktop;
  requires org.apache.commons.imaging;
  requires org.knowm.xchart;
  requires org.slf4j;

  exports dev.sampo.imaging;
}
