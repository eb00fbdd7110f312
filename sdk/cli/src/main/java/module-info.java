/** The command line {@code sampo}. An application: nothing is exported. */
module dev.sampo.cli {
  requires static transitive org.jspecify;
  requires dev.sampo.core;
  requires dev.sampo.device;
  requires dev.sampo.export;
  requires dev.sampo.hub;
  requires dev.sampo.server;
  requires dev.sampo.imaging;
  requires dev.sampo.training;
  requires com.fasterxml.jackson.databind;
  requires com.microsoft.onnxruntime;
  requires info.picocli;
  requires java.management;
  requires jdk.unsupported;
  requires me.tongfei.progressbar;
  requires org.jline.reader;
  requires org.jline.terminal;
  requires org.slf4j;

  // picocli sets the fields of commands.
  opens dev.sampo.cli to
      info.picocli;
}
