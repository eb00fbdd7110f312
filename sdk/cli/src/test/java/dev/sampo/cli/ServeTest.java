package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sampo serve} as a process of its own. */
class ServeTest {
  @TempDir Path folder;

  private Process start(String... more) throws IOException {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dsampo.home=" + ShippedModels.home(),
                "-cp",
                path,
                "dev.sampo.cli.Main",
                "serve"));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectError(folder.resolve("stderr").toFile()).start();
  }

  @Test
  void serve_whenTerminated_thenAStreamUnderWayIsFinishedFirst() throws Exception {
    Process process = start("words=scripture-gpt", "--port", "0", "--threads", "1");
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String url = out.readLine();
      assertTrue(
          url != null && url.startsWith("http://127.0.0.1:"),
          url + Files.readString(folder.resolve("stderr")));
      String body =
          "{\"model\":\"words\",\"prompt\":\"And\",\"max_tokens\":200,\"stream\":true,\"logit_bias\":{\"0\":-100}}";
      HttpClient client = HttpClient.newHttpClient();
      HttpResponse<java.util.stream.Stream<String>> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofLines());
      assertEquals(200, answer.statusCode());
      process.destroy();
      List<String> lines = answer.body().filter(line -> !line.isEmpty()).toList();
      assertEquals("data: [DONE]", lines.get(lines.size() - 1));
      assertTrue(lines.size() > 100, lines.size() + " events");
      assertTrue(process.waitFor(20, TimeUnit.SECONDS));
      assertEquals(ExitCode.OK, process.exitValue());
      assertTrue(Files.readString(folder.resolve("stderr")).contains("stopping"));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void serve_whenTheAddressIsOpenAndThereIsNoKey_thenWrongUsage() throws IOException {
    CommandRun run = CommandRun.of("serve", "digits-vae", "--host", "0.0.0.0", "--port", "0");
    assertEquals(ExitCode.USAGE, run.exitCode());
    assertTrue(run.err().contains("--api-key-file"), run.err());
    Path keys = Files.writeString(folder.resolve("keys"), "# none\n\n");
    CommandRun none =
        CommandRun.of("serve", "digits-vae", "--port", "0", "--api-key-file", keys.toString());
    assertEquals(ExitCode.USAGE, none.exitCode());
    assertFalse(none.err().isEmpty());
  }
}
