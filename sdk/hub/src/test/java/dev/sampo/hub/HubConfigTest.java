package dev.sampo.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubConfigTest {
  @TempDir Path home;

  @Test
  void of_whenNothingSet_takesPythonsDefaults() {
    HubConfig config = HubConfig.of(Map.of(), home);
    assertEquals(URI.create("https://huggingface.co"), config.endpoint());
    assertEquals(home.resolve(".cache/huggingface/hub"), config.cache());
    assertNull(config.token());
    assertFalse(config.offline());
  }

  @Test
  void of_whenSet_followsPythonsOrder() throws IOException {
    Files.writeString(home.resolve("token"), "hf_file\n");
    Map<String, String> env =
        Map.of(
            "HF_HOME", home.toString(),
            "HF_ENDPOINT", "http://127.0.0.1:8080/",
            "HF_HUB_OFFLINE", "yes");
    HubConfig config = HubConfig.of(env, home);
    assertEquals(home.resolve("hub"), config.cache());
    assertEquals("hf_file", config.token());
    assertEquals(URI.create("http://127.0.0.1:8080"), config.endpoint());
    assertTrue(config.offline());
    HubConfig other = HubConfig.of(Map.of("HF_HUB_CACHE", "~/c", "HF_TOKEN", " hf_env "), home);
    assertEquals(home.resolve("c"), other.cache());
    assertEquals("hf_env", other.token());
    assertEquals(
        home.resolve("x/huggingface/hub"),
        HubConfig.of(Map.of("XDG_CACHE_HOME", home.resolve("x").toString()), home).cache());
  }

  @Test
  void of_whenEndpointIsNoAddress_says() {
    HubException e =
        assertThrows(HubException.class, () -> HubConfig.of(Map.of("HF_ENDPOINT", "hub"), home));
    assertTrue(e.getMessage().contains("HF_ENDPOINT"), e.getMessage());
  }

  @Test
  void parse_readsAllParts() {
    HubName name = HubName.parse("onnx-community/Qwen3-0.6B-ONNX@refs/pr/3:q4");
    assertEquals("onnx-community/Qwen3-0.6B-ONNX", name.repository());
    assertEquals("refs/pr/3", name.revision());
    assertEquals("q4", name.variant());
    assertEquals("models--onnx-community--Qwen3-0.6B-ONNX", name.folderName());
    assertEquals("org/m", HubName.parse("org/m").toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "m",
        "a/b/c",
        "../x",
        "a/..",
        "a/b@",
        "a/b@../x",
        "a/b:../q",
        "a/b@x:y:z",
        "a--b/c",
        ".a/b",
        "a/b "
      })
  void parse_whenNoName_says(String text) {
    assertThrows(RequestException.class, () -> HubName.parse(text));
    assertFalse(HubName.isName(text));
  }
}
