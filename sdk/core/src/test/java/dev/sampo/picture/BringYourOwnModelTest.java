package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sampo.specs.SampoJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BringYourOwnModelTest {
  private static final Pattern JSON = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL);

  @Test
  void guide_whenItsSampoJsonsAreRead_thenEachMeetsItsSpec() throws IOException {
    Path guide = Path.of(System.getProperty("sampo.home", "../.."), "docs/bring-your-own-model.md");
    List<String> specs = new ArrayList<>();
    Matcher block = JSON.matcher(Files.readString(guide));
    while (block.find()) {
      specs.add(SampoJson.parse(block.group(1), guide.toString()).spec());
    }
    assertEquals(List.of("gan", "vae", "image-to-image"), specs);
  }
}
