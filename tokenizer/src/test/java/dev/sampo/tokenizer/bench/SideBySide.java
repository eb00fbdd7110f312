package dev.sampo.tokenizer.bench;

import dev.sampo.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The Java side of {@code bench/side_by_side.py}: reads a command a line from standard input and answers with a line, so
 * that the script can take turns between this and the other tokenizers. Documents are about 10,000 characters long.
 */
public final class SideBySide {
  private SideBySide() {}

  /** Arguments: tokenizer.json, corpus. Commands: encode, ids, decode, load, hash, quit. */
  public static void main(String[] args) throws Exception {
    Path file = Paths.get(args[0]);
    List<String> documents =
        documents(new String(Files.readAllBytes(Paths.get(args[1])), StandardCharsets.UTF_8));
    Tokenizer tokenizer = Tokenizer.fromFile(file);
    List<int[]> ids = new ArrayList<>();
    for (String d : documents) {
      ids.add(tokenizer.encodeToIds(d, false));
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null && !line.equals("quit"); line = in.readLine()) {
      long start = cpu();
      long sum = 0;
      switch (line) {
        case "encode":
          for (String d : documents) {
            sum += tokenizer.encode(d, false).length();
          }
          break;
        case "ids":
          for (String d : documents) {
            sum += tokenizer.encodeToIds(d, false).length;
          }
          break;
        case "decode":
          for (int[] i : ids) {
            sum += tokenizer.decode(i, false).length();
          }
          break;
        case "load":
          sum = Tokenizer.fromFile(file).vocabularySize();
          break;
        case "hash":
          for (int[] i : ids) {
            sum = sum * 31 + Arrays.hashCode(i);
          }
          break;
        default:
          throw new IllegalArgumentException(line);
      }
      System.out.println((cpu() - start) + " " + sum);
    }
  }

  /** Nanoseconds of processor time of this thread: other programs on the machine do not count. */
  private static long cpu() {
    return java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** Cuts at line ends, each part at least 10,000 characters long. */
  static List<String> documents(String text) {
    List<String> out = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = Math.min(text.length(), start + 10_000);
      int newline = text.indexOf('\n', end);
      end = newline < 0 ? text.length() : newline + 1;
      out.add(text.substring(start, end));
      start = end;
    }
    return out;
  }
}
