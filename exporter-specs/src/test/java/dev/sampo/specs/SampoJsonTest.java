package dev.sampo.specs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.specs.LatentFormat.Distribution;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SampoJsonTest {
  private static final String GAN =
      "{'spec':'gan','name':'digits','graphs':{'generator':{'file':'g.onnx','inputs':{'z':'noise'}}},"
          + "'latent':{'size':64,'distribution':'uniform'},'image':{'channels':1,'height':28,'width':28,'range':[0,1]},"
          + "'classes':['0','1'],'card':{'family':'gan','makes':'Digits','licence':'MIT','parameters':5,'quality':{'right':0.5}}}";

  private static SampoJson parse(String json) {
    return SampoJson.parse(json.replace('\'', '"'), "digits/sampo.json");
  }

  private static String error(String json) {
    return assertThrows(SpecException.class, () -> parse(json)).getMessage();
  }

  @Test
  void parse_whenComplete_givesEverything() {
    SampoJson gan = parse(GAN);
    assertEquals("gan", gan.spec());
    assertEquals("digits", gan.name());
    assertEquals(
        Map.of("generator", new SampoJson.GraphFile("g.onnx", Map.of("z", "noise"), Map.of())),
        gan.graphs());
    assertEquals(new LatentFormat(64, Distribution.UNIFORM), gan.latent());
    assertEquals(new ImageFormat(1, 28, 28, 0, 1), gan.image());
    assertEquals(Arrays.asList("0", "1"), gan.classes());
    assertEquals(new Card("gan", "Digits", "MIT", 5, Map.of("right", 0.5)), gan.card());
    assertEquals(0, gan.properties().names().size());
  }

  @Test
  void parse_whenFamilyHasKeys_givesThemTyped() {
    SampoJson rnn =
        parse(
            "{'spec':'rnn-lm','name':'m','graphs':{'model':{'file':'m.onnx'}},'cell':'lstm','layers':2,'vocab':['a','b']}");
    assertNull(rnn.latent());
    assertEquals(2, rnn.properties().integer("layers"));
    assertEquals(Arrays.asList("a", "b"), rnn.properties().strings("vocab"));
    assertEquals("char", rnn.properties().string("level", "char"));
    assertEquals(-1, rnn.properties().integer("bos_token_id", -1));
    assertEquals(
        "digits/sampo.json: key 'hidden_size' is missing; it is needed here",
        assertThrows(SpecException.class, () -> rnn.properties().integer("hidden_size"))
            .getMessage());
  }

  @Test
  void parse_whenNumbersAndRows_givesArrays() {
    SampoJson style =
        parse(
            "{'spec':'stylegan','name':'s','graphs':{},'latent':{'size':2},'image':{'channels':1},'w_dim':2,'num_layers':3,"
                + "'w_mean':[1,2.5],'w_mean_by_class':[[1,2],[3,4]]}");
    assertArrayEquals(new float[] {1, 2.5f}, style.properties().numbers("w_mean"));
    assertArrayEquals(
        new float[][] {{1, 2}, {3, 4}}, style.properties().numberRows("w_mean_by_class"));
    assertEquals(new ImageFormat(1, 0, 0, -1, 1), style.image());
    assertNotNull(style.latent());
  }

  @Test
  void parse_whenSpecUnknown_listsTheKnown() {
    assertEquals(
        "digits/sampo.json: unknown spec 'gann'. Known: " + Specs.names(),
        error("{'spec':'gann'}"));
  }

  @Test
  void parse_whenKeyUnknown_namesIt() {
    assertEquals(
        "digits/sampo.json: unknown key [latents]; known: [spec, name, graphs, latent, image, classes, card]",
        error("{'spec':'gan','name':'x','latents':{}}"));
    assertEquals(
        "digits/sampo.json: unknown key [heigth] in 'image'; known: [channels, height, width, range]",
        error(GAN.replace("'height'", "'heigth'")));
  }

  @Test
  void parse_whenKeyMissing_namesIt() {
    assertEquals(
        "digits/sampo.json: key 'latent' is missing; spec gan wants it",
        error("{'spec':'gan','name':'x','graphs':{}}"));
    assertEquals(
        "digits/sampo.json: key 'cell' is missing; spec rnn-lm wants it: lstm, gru or none",
        error("{'spec':'rnn-lm','name':'x','graphs':{}}"));
    assertEquals("digits/sampo.json: key 'spec' is missing", error("{}"));
    assertEquals(
        "digits/sampo.json: key 'latent.size' is missing", error(GAN.replace("'size':64,", "")));
  }

  @Test
  void parse_whenValueIsOfTheWrongKind_saysBoth() {
    assertEquals(
        "digits/sampo.json: 'latent.size' must be a whole number, but is \"64\"",
        error(GAN.replace("64", "'64'")));
    assertEquals(
        "digits/sampo.json: 'latent.size' must be a positive number, but is 0",
        error(GAN.replace("64", "0")));
    assertEquals(
        "digits/sampo.json: 'latent.distribution' is 'cauchy'; known: [normal, uniform]",
        error(GAN.replace("uniform", "cauchy")));
    assertEquals(
        "digits/sampo.json: 'image.range' must be two numbers, the lower first, but is [1.0, 0.0]",
        error(GAN.replace("[0,1]", "[1,0]")));
  }

  @Test
  void parse_whenGraphOrMappedNameUnknown_lists() {
    assertEquals(
        "digits/sampo.json: unknown key [decoder] in 'graphs'; known: [generator, discriminator]",
        error(GAN.replace("'generator'", "'decoder'")));
    assertEquals(
        "digits/sampo.json: 'graphs.generator.inputs' maps 'y', which the spec does not name; it names [z, class_label]",
        error(GAN.replace("'z'", "'y'")));
  }

  @Test
  void parse_whenNoJson_says() {
    assertEquals(
        "digits/sampo.json: is not a JSON object. It must begin with { and end with }.",
        error("[]"));
    assertEquals(
        "digits/sampo.json: is not a JSON object. It must begin with { and end with }.", error(""));
    assertEquals(
        0, error("{'spec':").indexOf("digits/sampo.json: is not valid JSON: "), error("{'spec':"));
  }

  @Test
  void card_whenComplete_givesEverything() {
    SampoCard card =
        SampoCard.parse(
            "{\"name\":\"d\",\"class_conditioning\":{\"input\":\"class_labels\",\"num_classes\":10,\"null_class\":10},"
                + "\"defaults\":{\"guidance_scale\":2.5},\"image\":{\"channels\":1,\"height\":28,\"width\":28}}",
            "sampo-card.json");
    assertEquals(
        new SampoCard(
            "d",
            new SampoCard.ClassConditioning("class_labels", 10, 10, Arrays.asList()),
            Map.of("guidance_scale", 2.5),
            new ImageFormat(1, 28, 28, -1, 1),
            null),
        card);
    assertEquals(
        "sampo-card.json: unknown key [x]; known: [name, class_conditioning, defaults, image, card]",
        assertThrows(SpecException.class, () -> SampoCard.parse("{\"x\":1}", "sampo-card.json"))
            .getMessage());
  }
}
