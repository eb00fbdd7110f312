import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.sampo.tokenizer.Tokenizer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** DJL's tokenizer and ours on the same documents in one process, in turns: tokenizer.json, corpus, rounds. */
public final class DjlBench {
  public static void main(String[] args) throws Exception {
    String text = new String(Files.readAllBytes(Paths.get(args[1])), StandardCharsets.UTF_8);
    List<String> documents = new ArrayList<>();
    for (int start = 0; start < text.length(); ) {
      int newline = text.indexOf('\n', Math.min(text.length(), start + 10_000));
      int end = newline < 0 ? text.length() : newline + 1;
      documents.add(text.substring(start, end));
      start = end;
    }
    Tokenizer ours = Tokenizer.fromFile(Paths.get(args[0]));
    HuggingFaceTokenizer djl = HuggingFaceTokenizer.builder().optTokenizerPath(Paths.get(args[0])).optTruncation(false).optPadding(false).optAddSpecialTokens(false).build();
    for (int round = 0; round < Integer.parseInt(args[2]); round++) {
      long a = System.nanoTime();
      long n = 0;
      for (String d : documents) n += ours.encode(d, false).length();
      long b = System.nanoTime();
      long m = 0;
      for (String d : documents) m += djl.encode(d, false, false).getIds().length;
      long c = System.nanoTime();
      System.out.printf("ours %.0f ms (%d), djl %.0f ms (%d), djl/ours %.2f%n", (b-a)/1e6, n, (c-b)/1e6, m, (double)(c-b)/(b-a));
    }
  }
}
