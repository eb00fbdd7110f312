package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The reachability metadata in the jars names what is there; native-image itself does not run in this build. */
class NativeImageMetadataTest {
  private static final Path HOME = Path.of(System.getProperty("sampo.home", "../.."));
  private static final String FILE = "reachability-metadata.json";

  /** Types that this Java may be too old for. */
  private static final String FOREIGN = "java.lang.foreign.";

  @Test
  void metadata_whenRead_thenTypesFieldsMethodsAndResourcesExist() throws Exception {
    List<Path> files = files();
    assertTrue(files.size() >= 7, () -> "found only " + files);
    for (Path file : files) {
      JsonNode json = new ObjectMapper().readTree(file.toFile());
      for (JsonNode type : json.path("reflection")) {
        if (!type.path("type").asText().startsWith(FOREIGN)) {
          check(type);
        }
      }
      for (JsonNode resource : json.path("resources")) {
        String glob = resource.path("glob").asText();
        String known = glob.replaceAll("[^/]*[*].*$", "").replaceAll("/$", "");
        ClassLoader loader = getClass().getClassLoader();
        assertNotNull(loader.getResource(known), () -> file + ": nothing lies at " + known);
      }
    }
  }

  private static void check(JsonNode type) throws Exception {
    Class<?> found = Class.forName(type.path("type").asText(), false, loader());
    for (JsonNode field : type.path("fields")) {
      assertNotNull(found.getDeclaredField(field.path("name").asText()));
    }
    for (JsonNode method : type.path("methods")) {
      List<Class<?>> parameters = new ArrayList<>();
      for (JsonNode parameter : method.path("parameterTypes")) {
        parameters.add(type(parameter.asText()));
      }
      Class<?>[] wanted = parameters.toArray(Class<?>[]::new);
      String name = method.path("name").asText();
      if (name.equals("<init>")) {
        assertNotNull(found.getDeclaredConstructor(wanted));
      } else {
        assertNotNull(found.getDeclaredMethod(name, wanted));
      }
    }
  }

  private static ClassLoader loader() {
    return NativeImageMetadataTest.class.getClassLoader();
  }

  private static Class<?> type(String name) throws ClassNotFoundException {
    if (name.endsWith("[]")) {
      return type(name.substring(0, name.length() - 2)).arrayType();
    }
    return switch (name) {
      case "int" -> int.class;
      case "long" -> long.class;
      default -> Class.forName(name, false, loader());
    };
  }

  @Test
  void metadata_ofMessages_namesEachOfThem() throws Exception {
    Set<String> named = new TreeSet<>();
    Path file =
        files().stream().filter(f -> f.toString().contains("sampo-onnx")).findFirst().orElseThrow();
    for (JsonNode type : new ObjectMapper().readTree(file.toFile()).path("reflection")) {
      named.add(type.path("type").asText());
    }
    Set<String> messages = new TreeSet<>();
    messages(Class.forName("dev.sampo.onnx.proto.ModelProto"), messages);
    assertEquals(Set.of(), difference(messages, named), "messages without an entry");
  }

  /** A message and those that its fields and inner classes name. */
  private static void messages(Class<?> type, Set<String> found) {
    Class<?> parent = type.getSuperclass();
    boolean message = parent != null && parent.getName().endsWith(".GeneratedMessageLite");
    if (!message || Modifier.isAbstract(type.getModifiers()) || !found.add(type.getName())) {
      return;
    }
    Arrays.stream(type.getDeclaredClasses()).forEach(inner -> messages(inner, found));
    Arrays.stream(type.getDeclaredMethods()).forEach(m -> messages(m.getReturnType(), found));
  }

  private static Set<String> difference(Set<String> all, Set<String> without) {
    return all.stream().filter(name -> !without.contains(name)).collect(Collectors.toSet());
  }

  private static List<Path> files() throws Exception {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> modules =
        Stream.concat(
            Stream.of("tokenizer", "samplers", "exporter-specs").map(HOME::resolve),
            Files.list(HOME.resolve("sdk")))) {
      for (Path module : (Iterable<Path>) modules.sorted()::iterator) {
        Path folder = module.resolve("src/main/resources/META-INF/native-image");
        if (Files.isDirectory(folder)) {
          try (Stream<Path> files = Files.walk(folder)) {
            files.filter(f -> f.endsWith(FILE)).forEach(found::add);
          }
        }
      }
    }
    return found;
  }
}
