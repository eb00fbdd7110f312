package dev.sampo.examples.android;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** The Gradle files and the manifest say the same as the Maven build, which cannot run them. */
class BuildFilesTest {
  private static final String ANDROID = "http://schemas.android.com/apk/res/android";

  private static String read(String file) throws IOException {
    return new String(Files.readAllBytes(ShippedFiles.HOME.resolve(file)), StandardCharsets.UTF_8);
  }

  private static String find(String text, String regex) {
    Matcher matcher = Pattern.compile(regex).matcher(text);
    assertTrue(matcher.find(), regex);
    return matcher.group(1);
  }

  private static Document xml(String file) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    DocumentBuilder builder = factory.newDocumentBuilder();
    return builder.parse(ShippedFiles.APP.resolve(file).toFile());
  }

  @Test
  void gradle_versions_then_those_of_the_maven_build() throws IOException {
    String gradle = read("examples/android/app/build.gradle.kts");
    String pom = read("pom.xml");
    assertEquals(
        find(pom, "<onnxruntime.version>(.+?)<"), find(gradle, "onnxRuntimeVersion = \"(.+?)\""));
    assertEquals(
        find(pom, "<artifactId>sampo-parent</artifactId>\\s*<version>(.+?)<"),
        find(gradle, "sampoVersion = \"(.+?)\""));
    assertEquals(find(pom, "<android.min.api>(.+?)<"), find(gradle, "minSdk = (\\d+)"));
    assertEquals(find(pom, "<slf4j.version>(.+?)<"), find(gradle, "slf4j-simple:(.+?)\""));
  }

  @Test
  void models_of_the_gradle_build_then_there() throws IOException {
    String list =
        find(read("examples/android/app/build.gradle.kts"), "val models = listOf\\((.+?)\\)");
    for (String name : list.replace("\"", "").split(", ")) {
      assertTrue(Files.isDirectory(ShippedFiles.shipped(name)), name);
    }
  }

  @Test
  void manifest_then_no_permission_and_an_activity_that_exists() throws Exception {
    Document manifest = xml("src/main/AndroidManifest.xml");
    assertEquals(0, manifest.getElementsByTagName("uses-permission").getLength());
    Element activity = (Element) manifest.getElementsByTagName("activity").item(0);
    String namespace = find(read("examples/android/app/build.gradle.kts"), "namespace = \"(.+?)\"");
    assertEquals(
        MainActivity.class.getName(), namespace + activity.getAttributeNS(ANDROID, "name"));
  }

  @Test
  void resources_that_are_named_then_there() throws Exception {
    Path res = ShippedFiles.APP.resolve("src/main/res");
    for (String file :
        new String[] {
          "mipmap-anydpi-v26/ic_launcher.xml",
          "drawable/ic_mill.xml",
          "xml/data_extraction_rules.xml",
          "values/colors.xml",
          "values/strings.xml",
          "values/themes.xml"
        }) {
      xml("src/main/res/" + file);
      assertTrue(Files.isRegularFile(res.resolve(file)), file);
    }
  }
}
