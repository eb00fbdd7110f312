package dev.sampo.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Model;
import dev.sampo.error.RequestException;
import dev.sampo.text.TextGenerator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * Generated text for a column of strings, with the settings of transformers' {@code generate}.
 *
 * @param <T> the transformer's own type
 */
public abstract class TextTransformer<T extends TextTransformer<T>> extends SampoTransformer<T> {
  private static final long serialVersionUID = 1;

  private final IntParam maxNewTokens;
  private final IntParam numBeams;
  private final BooleanParam doSample;
  private final DoubleParam temperature;
  private final IntParam topK;
  private final DoubleParam topP;
  private final DoubleParam repetitionPenalty;
  private final Param<String> generationConfig;

  TextTransformer(String uid, String defaultOutput) {
    super(uid, defaultOutput);
    this.maxNewTokens =
        new IntParam(this, "maxNewTokens", "most tokens a row", ParamValidators.gt(0));
    this.numBeams = new IntParam(this, "numBeams", "beams of the search", ParamValidators.gt(0));
    this.doSample = new BooleanParam(this, "doSample", "whether tokens are drawn");
    this.temperature =
        new DoubleParam(this, "temperature", "divides the scores", ParamValidators.gt(0));
    this.topK = new IntParam(this, "topK", "draws among so many", ParamValidators.gtEq(0));
    this.topP =
        new DoubleParam(
            this, "topP", "draws among the likeliest of this mass", ParamValidators.gt(0));
    this.repetitionPenalty =
        new DoubleParam(
            this, "repetitionPenalty", "1 is none, more is against", ParamValidators.gt(0));
    this.generationConfig =
        new Param<>(this, "generationConfig", "further settings as in generation_config.json");
  }

  @Override
  RowTask task(ModelReference reference) {
    return new TextTask(reference, settings());
  }

  /** All settings as a {@code generation_config.json}: the parameters over {@link #setGenerationConfig}. */
  private String settings() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    String given = value(generationConfig);
    try {
      if (given != null) {
        if (!(mapper.readTree(given) instanceof ObjectNode object)) {
          throw new RequestException(
              "generationConfig", "generationConfig has to be a JSON object: " + given);
        }
        root = object;
      }
    } catch (JsonProcessingException e) {
      throw new RequestException(
          "generationConfig", "generationConfig is no JSON: " + e.getOriginalMessage(), e);
    }
    Map<String, Param<?>> params = new TreeMap<>();
    params.put("max_new_tokens", maxNewTokens);
    params.put("num_beams", numBeams);
    params.put("do_sample", doSample);
    params.put("temperature", temperature);
    params.put("top_k", topK);
    params.put("top_p", topP);
    params.put("repetition_penalty", repetitionPenalty);
    for (Map.Entry<String, Param<?>> param : params.entrySet()) {
      Object value = value(param.getValue());
      if (value != null) {
        root.set(param.getKey(), mapper.valueToTree(value));
      }
    }
    String json = root.toString();
    TextTask.config(json);
    return json;
  }

  @Override
  Class<? extends Model> family() {
    return TextGenerator.class;
  }

  @Override
  boolean reads(DataType type) {
    return type.equals(DataTypes.StringType);
  }

  @Override
  String readable() {
    return "strings";
  }

  @Override
  DataType outputType() {
    return DataTypes.StringType;
  }

  /** The parameter of {@link #setMaxNewTokens}. */
  public final IntParam maxNewTokens() {
    return maxNewTokens;
  }

  /** The parameter of {@link #setNumBeams}. */
  public final IntParam numBeams() {
    return numBeams;
  }

  /** The parameter of {@link #setDoSample}. */
  public final BooleanParam doSample() {
    return doSample;
  }

  /** The parameter of {@link #setTemperature}. */
  public final DoubleParam temperature() {
    return temperature;
  }

  /** The parameter of {@link #setTopK}. */
  public final IntParam topK() {
    return topK;
  }

  /** The parameter of {@link #setTopP}. */
  public final DoubleParam topP() {
    return topP;
  }

  /** The parameter of {@link #setRepetitionPenalty}. */
  public final DoubleParam repetitionPenalty() {
    return repetitionPenalty;
  }

  /** The parameter of {@link #setGenerationConfig}. */
  public final Param<String> generationConfig() {
    return generationConfig;
  }

  /** Most tokens that a row gets. */
  public final T setMaxNewTokens(int value) {
    set(maxNewTokens, value);
    return self();
  }

  /** Beams of the search; 1 for none. */
  public final T setNumBeams(int value) {
    set(numBeams, value);
    return self();
  }

  /** Whether tokens are drawn, by the row's own seed. */
  public final T setDoSample(boolean value) {
    set(doSample, value);
    return self();
  }

  /** What the scores are divided by before the draw. */
  public final T setTemperature(double value) {
    set(temperature, value);
    return self();
  }

  /** Draws among the so many likeliest; 0 for all. */
  public final T setTopK(int value) {
    set(topK, value);
    return self();
  }

  /** Draws among the likeliest tokens that have this probability together. */
  public final T setTopP(double value) {
    set(topP, value);
    return self();
  }

  /** Above 1: against what was said. */
  public final T setRepetitionPenalty(double value) {
    set(repetitionPenalty, value);
    return self();
  }

  /** Any other settings, as a JSON object with the keys of {@code generation_config.json}; the parameters above go over it. */
  public final T setGenerationConfig(String json) {
    set(generationConfig, json);
    return self();
  }
}
