package dev.sampo.tokenizer;

import dev.sampo.error.SampoException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Changes tokenizer.json files at random and reads them; whatever comes of it must be a TokenizerException or a tokenizer
 * that encodes or refuses. {@code -Dsampo.fuzz.seconds=600} makes it run long; the build runs it for two seconds.
 */
class TokenizerFuzzTest {
  private static final String[] WORDS = {
    "null",
    "true",
    "-1",
    "0",
    "2147483647",
    "1e400",
    "\"\"",
    "\"a\"",
    "[]",
    "{}",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "[[]]",
    "{\"type\":\"Sequence\"}",
    "\"(a*)*b\"",
    "\"[^\"",
    "\"\\\\p{L}\"",
    "\"(?<=a*)\"",
    "99999999999"
  };
  private static final String[] TEXTS = {
    "Hello, world!",
    "  a\tb\n",
    "日本語 👍🏽",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "<s>[MASK] x</s>",
    "\u0000\ufffd\u0301"
  };

  @Test
  void read_whenFileIsChangedAtRandom_thenNothingButAnErrorOfOursComesOut() throws IOException {
    long seconds = Long.getLong("sampo.fuzz.seconds", 2);
    long seed = Long.getLong("sampo.fuzz.seed", 42);
    run(seconds, seed);
  }

  private static int run(long seconds, long seed) throws IOException {
    List<String> files = new ArrayList<>();
    for (Path folder : Golden.tokenizerFolders()) {
      Path file = folder.resolve("tokenizer.json");
      if (Files.exists(file) && Files.size(file) < 30_000) {
        files.add(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
      }
    }
    Random random = new Random(seed);
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    int runs = 0;
    while (System.nanoTime() < end) {
      String json = files.get(random.nextInt(files.size()));
      for (int n = random.nextInt(4); n >= 0; n--) {
        json = mutate(json, random);
      }
      one(json, random);
      runs++;
    }
    return runs;
  }

  private static String mutate(String json, Random random) {
    // most of a file is vocabulary: half of the changes are made to the rest
    int limit = random.nextBoolean() ? json.length() : Math.min(json.length(), 2000);
    int at = random.nextInt(limit);
    switch (random.nextInt(5)) {
      case 0:
        return json.substring(0, at)
            + json.substring(Math.min(json.length(), at + 1 + random.nextInt(8)));
      case 1:
        return json.substring(0, at) + (char) (32 + random.nextInt(95)) + json.substring(at);
      case 2:
        return json.substring(0, at) + WORDS[random.nextInt(WORDS.length)] + json.substring(at);
      case 3:
        {
          // another value for a field
          int colon = json.indexOf(':', at);
          int stop = colon < 0 ? -1 : end(json, colon + 1);
          return stop < 0
              ? json
              : json.substring(0, colon + 1)
                  + WORDS[random.nextInt(WORDS.length)]
                  + json.substring(stop);
        }
      default:
        {
          int from = random.nextInt(json.length());
          int length = random.nextInt(60);
          return json.substring(0, at)
              + json.substring(from, Math.min(json.length(), from + length))
              + json.substring(at);
        }
    }
  }

  private static int end(String json, int from) {
    int depth = 0;
    boolean quoted = false;
    for (int i = from; i < json.length(); i++) {
      char c = json.charAt(i);
      if (quoted) {
        if (c == '\\') {
          i++;
        } else if (c == '"') {
          quoted = false;
        }
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
        return i;
      } else if (c == '}' || c == ']') {
        depth--;
      }
    }
    return -1;
  }

  private static void one(String json, Random random) {
    try {
      Tokenizer t =
          Tokenizer.fromStream(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
      String text = TEXTS[random.nextInt(TEXTS.length)];
      Encoding e = t.encode(text, TEXTS[random.nextInt(TEXTS.length)], random.nextBoolean());
      e.tokens();
      t.decode(e.ids(), random.nextBoolean());
      StreamingDecoder stream = t.newStreamingDecoder(random.nextBoolean());
      for (int i = 0; i < Math.min(20, e.length()); i++) {
        stream.add(e.id(i));
        t.tokenBytes(e.id(i));
      }
      stream.finish();
    } catch (SampoException expected) {
      // what a bad file or setting deserves
    } catch (RuntimeException | Error bad) {
      throw new AssertionError("This file breaks the reader: " + json, bad);
    }
  }

  /** Seconds and seed. */
  public static void main(String[] args) throws IOException {
    System.out.println(run(Long.parseLong(args[0]), Long.parseLong(args[1])) + " files");
  }
}
