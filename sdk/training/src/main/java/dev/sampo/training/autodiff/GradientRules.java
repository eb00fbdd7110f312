package dev.sampo.training.autodiff;

import dev.sampo.onnx.proto.NodeProto;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/** Which rule belongs to which operator. Immutable; {@link #with} adds a user's own. */
public final class GradientRules {
  /** The domain of ONNX Runtime's own operators. */
  public static final String MICROSOFT = "com.microsoft";

  private static final GradientRules STANDARD = standardRules();

  private final Map<String, GradientRule> rules;

  private GradientRules(Map<String, GradientRule> rules) {
    this.rules = rules;
  }

  /** All rules of this package. */
  public static GradientRules standard() {
    return STANDARD;
  }

  /** These rules and one more, which wins over an existing one. */
  public GradientRules with(String domain, String opType, GradientRule rule) {
    Map<String, GradientRule> copy = new HashMap<>(rules);
    copy.put(key(domain, opType), rule);
    return new GradientRules(copy);
  }

  GradientRule of(NodeProto node) {
    GradientRule rule = rules.get(key(node.getDomain(), node.getOpType()));
    if (rule == null) {
      throw new NoGradientException(
          node,
          "has no gradient rule, but a trainable weight reaches the loss only through it. Freeze"
              + " the weights before it, or add a rule with GradientRules.with");
    }
    return rule;
  }

  /** Operators that have a rule, as {@code Op} or {@code domain.Op}. */
  public TreeSet<String> supported() {
    return new TreeSet<>(rules.keySet());
  }

  private static String key(String domain, String opType) {
    return domain.isEmpty() || domain.equals("ai.onnx") ? opType : domain + "." + opType;
  }

  private static GradientRules standardRules() {
    Registry r = new Registry();
    ElementwiseRules.register(r);
    ActivationRules.register(r);
    MatMulRules.register(r);
    ReduceRules.register(r);
    ShapeRules.register(r);
    IndexRules.register(r);
    ConvRules.register(r);
    PoolRules.register(r);
    ResampleRules.register(r);
    NormalizationRules.register(r);
    RecurrentRules.register(r);
    return new GradientRules(r.rules);
  }

  /** Collects rules while the table is made. */
  static final class Registry {
    private final Map<String, GradientRule> rules = new HashMap<>();

    void add(String opType, GradientRule rule) {
      rules.put(key("", opType), rule);
    }

    void addMicrosoft(String opType, GradientRule rule) {
      rules.put(key(MICROSOFT, opType), rule);
    }
  }
}
