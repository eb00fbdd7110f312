import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** jtokkit's side of side_by_side.py: encoding name (r50k_base, o200k_base) and corpus; each line read is one run. */
public final class JTokkitBench {
  public static void main(String[] args) throws Exception {
    Encoding encoding = Encodings.newDefaultEncodingRegistry().getEncoding(EncodingType.fromName(args[0]).get());
    String text = new String(Files.readAllBytes(Paths.get(args[1])), StandardCharsets.UTF_8);
    List<String> documents = new ArrayList<>();
    for (int start = 0; start < text.length(); ) {
      int newline = text.indexOf('\n', Math.min(text.length(), start + 10_000));
      int end = newline < 0 ? text.length() : newline + 1;
      documents.add(text.substring(start, end));
      start = end;
    }
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    while (in.readLine() != null) {
      long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      long sum = 0;
      for (String d : documents) {
        sum += encoding.encodeOrdinary(d).size();
      }
      System.out.println(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin + " " + sum);
    }
  }
}
