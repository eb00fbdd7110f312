package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The architectures by {@code model_type}. */
public final class Architectures {
  private static final Map<String, Architecture> BY_TYPE = new TreeMap<>();

  static {
    BY_TYPE.put("llama", new Llama());
    BY_TYPE.put("mistral", new Mistral());
    BY_TYPE.put("ministral", new Mistral());
    BY_TYPE.put("ministral3", new Mistral());
    BY_TYPE.put("smollm3", new SmolLm3());
    BY_TYPE.put("granite", new Granite());
    BY_TYPE.put("olmo2", new Olmo2());
    BY_TYPE.put("qwen2", new Qwen());
    BY_TYPE.put("qwen3", new Qwen());
    BY_TYPE.put("qwen3_moe", new Qwen());
    BY_TYPE.put("mixtral", new Mixtral());
    BY_TYPE.put("gemma", new Gemma());
    BY_TYPE.put("gemma2", new Gemma());
    BY_TYPE.put("gemma3_text", new Gemma());
    BY_TYPE.put("phi", new Phi());
    BY_TYPE.put("phi3", new Phi3());
    BY_TYPE.put("gpt2", new Gpt2());
    BY_TYPE.put("gpt_neox", new GptNeoX());
    BY_TYPE.put("opt", new Opt());
    BY_TYPE.put("falcon", new Falcon());
    BY_TYPE.put("t5", new T5());
    BY_TYPE.put("mt5", new T5());
    BY_TYPE.put("umt5", new T5());
    BY_TYPE.put("bart", new Bart(false));
    BY_TYPE.put("mbart", new Bart(true));
    BY_TYPE.put("marian", new Marian());
    BY_TYPE.put("m2m_100", new M2m100());
    BY_TYPE.put("whisper", new Whisper());
    BY_TYPE.put("bert", new Bert(false));
    BY_TYPE.put("roberta", new Bert(true));
    BY_TYPE.put("xlm-roberta", new Bert(true));
    BY_TYPE.put("camembert", new Bert(true));
    BY_TYPE.put("distilbert", new DistilBert());
    BY_TYPE.put("mpnet", new MpNet());
    BY_TYPE.put("clip", new Clip());
    BY_TYPE.put("clip_text_model", new Clip());
    BY_TYPE.put("clip_vision_model", new Clip());
    BY_TYPE.put("siglip", new Siglip());
    BY_TYPE.put("siglip_text_model", new Siglip());
    BY_TYPE.put("siglip_vision_model", new Siglip());
    BY_TYPE.put("modernbert", new ModernBert());
  }

  private Architectures() {}

  /** The values of {@code model_type} that can be exported. */
  public static Set<String> known() {
    return BY_TYPE.keySet();
  }

  /**
   * The architecture of a model.
   *
   * @throws dev.sampo.error.ModelException if it is not known; the message lists those that are
   */
  public static Architecture of(Config config) {
    Architecture found = BY_TYPE.get(config.modelType());
    if (found == null) {
      throw config.refuse(
          "model_type '"
              + config.modelType()
              + "' cannot be exported. Known: "
              + String.join(", ", BY_TYPE.keySet())
              + ". Export the model with Optimum instead.");
    }
    return found;
  }
}
