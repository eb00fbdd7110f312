package dev.sampo.text.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A process that answers each line with a line. */
final class LineProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader in;
  private final Writer out;

  /** @param command for the shell */
  LineProcess(String command) throws IOException {
    process =
        new ProcessBuilder("sh", "-c", "exec " + command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    in =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    out = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
  }

  /** The next line, null if the process has ended. */
  @Nullable String read() throws IOException {
    return in.readLine();
  }

  String ask(String line) throws IOException {
    out.write(line + "\n");
    out.flush();
    String answer = in.readLine();
    if (answer == null) {
      throw new IOException("The process ended when it was asked for " + line);
    }
    return answer;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
