package dev.sampo.cli;

import dev.sampo.io.ScratchFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Does what people do, with nothing to see: help, lists, a text, a picture. The launcher records which classes that takes (and on newer JDKs what
 * the JIT learned), so that a start has them at hand.
 */
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
  private static final String PROMPT = "And it came to pass";

  @Override
  public Integer call() throws IOException {
    Path folder = ScratchFiles.folder("warm-up");
    try {
      String picture = folder.resolve("picture.png").toString();
      int code = run("--help") + run("models") + run("inspect", "digits-gan");
      code +=
          run("text", "scripture-gpt", "--prompt", PROMPT, "--max-new-tokens", "48", "--stream");
      code +=
          run(
              "text",
              "scripture-lstm",
              "--prompt",
              PROMPT,
              "--do-sample",
              "--top-p",
              "0.9",
              "--json");
      code += run("text", "numbers-en-fr", "--prompt", "eighty-one");
      code += run("image", "digits-diffusion", "--num-inference-steps", "4", "--out", picture);
      code += run("latent", "sample", "digits-gan", "--count", "4", "--out", picture, "--force");
      return code == 0 ? ExitCode.OK : ExitCode.FAILED;
    } finally {
      ScratchFiles.delete(folder);
    }
  }

  private static int run(String... words) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return SampoCommand.run(new Console(nowhere, nowhere, false), words);
  }
}
