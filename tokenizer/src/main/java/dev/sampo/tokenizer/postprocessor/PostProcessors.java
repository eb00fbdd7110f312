package dev.sampo.tokenizer.postprocessor;

import dev.sampo.tokenizer.Json;
import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.UnicodeTables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes post-processors from the {@code post_processor} of a tokenizer.json. */
public final class PostProcessors {
  private static final CodePointSet WHITE_SPACE = UnicodeTables.set("strip");
  private static final char BYTE_SPACE = '\u0120';

  private PostProcessors() {}

  /**
   * The post-processor that {@code json} describes.
   *
   * @throws dev.sampo.tokenizer.TokenizerException if it is of an unknown type or malformed; the message names the path
   */
  public static PostProcessor fromJson(Json json) {
    switch (json.text("type")) {
      case "TemplateProcessing":
        return template(json);
      case "BertProcessing":
        return new AroundProcessor(
            special(json.get("cls")), special(json.get("sep")), false, false, false);
      case "RobertaProcessing":
        return new AroundProcessor(
            special(json.get("cls")),
            special(json.get("sep")),
            true,
            json.flag("trim_offsets", true),
            json.flag("add_prefix_space", true));
      case "ByteLevel":
        return new ByteLevelProcessor(
            json.flag("trim_offsets", true), json.flag("add_prefix_space", true));
      case "Sequence":
        return sequence(json.get("processors"));
      default:
        throw json.unknownType("post-processor");
    }
  }

  /** One special token or several that stand for one name in a template. */
  private static final class Special {
    final int[] ids;
    final String[] tokens;

    Special(int[] ids, String[] tokens) {
      this.ids = ids;
      this.tokens = tokens;
    }
  }

  private static Special special(Json json) {
    if (json.size() != 2) {
      throw json.error("is not [token, id]");
    }
    Json id = json.at(1);
    if (!id.node().canConvertToInt() || !id.node().isIntegralNumber()) {
      throw id.error("is not an id");
    }
    return new Special(new int[] {id.node().intValue()}, new String[] {json.at(0).text()});
  }

  private static PostProcessor sequence(Json list) {
    List<PostProcessor> steps = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      steps.add(fromJson(list.at(i)));
    }
    return new PostProcessor() {
      @Override
      public int addedTokens(boolean pair) {
        int n = 0;
        for (PostProcessor step : steps) {
          n += step.addedTokens(pair);
        }
        return n;
      }

      @Override
      public boolean keepsIds(boolean addSpecialTokens) {
        for (PostProcessor step : steps) {
          if (!step.keepsIds(addSpecialTokens)) {
            return false;
          }
        }
        return true;
      }

      @Override
      public List<EncodingDraft> process(List<EncodingDraft> encodings, boolean addSpecialTokens) {
        List<EncodingDraft> out = encodings;
        for (PostProcessor step : steps) {
          out = step.process(out, addSpecialTokens);
        }
        return out;
      }
    };
  }

  private static PostProcessor template(Json json) {
    Map<String, Special> specials = new HashMap<>();
    Json known = json.get("special_tokens");
    for (java.util.Iterator<String> names = known.node().fieldNames(); names.hasNext(); ) {
      String name = names.next();
      Json entry = known.get(name);
      Json ids = entry.get("ids");
      Json tokens = entry.get("tokens");
      if (ids.size() != tokens.size()) {
        throw entry.error("has " + ids.size() + " ids but " + tokens.size() + " tokens");
      }
      int[] idArray = new int[ids.size()];
      String[] tokenArray = new String[ids.size()];
      for (int i = 0; i < idArray.length; i++) {
        if (!ids.at(i).node().isIntegralNumber() || !ids.at(i).node().canConvertToInt()) {
          throw ids.at(i).error("is not an id");
        }
        idArray[i] = ids.at(i).node().intValue();
        tokenArray[i] = tokens.at(i).text();
      }
      specials.put(name, new Special(idArray, tokenArray));
    }
    return new TemplateProcessor(
        pieces(json.get("single"), specials), pieces(json.get("pair"), specials));
  }

  private static List<Piece> pieces(Json list, Map<String, Special> specials) {
    List<Piece> out = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      Json item = list.at(i);
      if (item.has("Sequence")) {
        Json sequence = item.get("Sequence");
        String id = sequence.text("id");
        if (!id.equals("A") && !id.equals("B")) {
          throw sequence.get("id").error("is neither A nor B");
        }
        out.add(new Piece(id.equals("A") ? 0 : 1, null, sequence.number("type_id")));
      } else {
        Json token = item.get("SpecialToken");
        Special special = specials.get(token.text("id"));
        if (special == null) {
          throw token.get("id").error("'" + token.text("id") + "' is not among the special_tokens");
        }
        out.add(new Piece(-1, special, token.number("type_id")));
      }
    }
    return out;
  }

  private static final class Piece {
    final int sequence;
    final @org.jspecify.annotations.Nullable Special special;
    final int typeId;

    Piece(int sequence, @org.jspecify.annotations.Nullable Special special, int typeId) {
      this.sequence = sequence;
      this.special = special;
      this.typeId = typeId;
    }
  }

  private static final class TemplateProcessor implements PostProcessor {
    private final List<Piece> single;
    private final List<Piece> pair;

    TemplateProcessor(List<Piece> single, List<Piece> pair) {
      this.single = single;
      this.pair = pair;
    }

    @Override
    public int addedTokens(boolean isPair) {
      int n = 0;
      for (Piece p : isPair ? pair : single) {
        n += p.special == null ? 0 : p.special.ids.length;
      }
      return n;
    }

    @Override
    public boolean keepsIds(boolean addSpecialTokens) {
      int sequences = 0;
      for (Piece p : single) {
        sequences += p.special == null ? 1 : 0;
      }
      return sequences == 1 && (!addSpecialTokens || addedTokens(false) == 0);
    }

    @Override
    public List<EncodingDraft> process(List<EncodingDraft> encodings, boolean addSpecialTokens) {
      if (encodings.size() > 2) {
        throw new IllegalArgumentException(
            "A TemplateProcessing takes one or two sequences, got " + encodings.size());
      }
      List<EncodingDraft> out = new ArrayList<>();
      for (Piece p : encodings.size() == 2 ? pair : single) {
        if (p.special == null) {
          if (p.sequence >= encodings.size()) {
            throw new TokenizerException("The template for one text uses sequence B");
          }
          EncodingDraft e = encodings.get(p.sequence).copy(); // it may stand twice
          e.setTypeIds(p.typeId);
          e.setSequence(p.sequence);
          out.add(e);
        } else if (addSpecialTokens) {
          out.add(
              EncodingDraft.ofSpecial(
                  p.special.ids, p.special.tokens, p.typeId, encodings.get(0).names));
        }
      }
      return out;
    }
  }

  /** BERT's and RoBERTa's fixed templates. */
  private static final class AroundProcessor implements PostProcessor {
    private final Special cls;
    private final Special sep;
    private final boolean roberta;
    private final boolean trim;
    private final boolean prefixSpace;

    AroundProcessor(Special cls, Special sep, boolean roberta, boolean trim, boolean prefixSpace) {
      this.cls = cls;
      this.sep = sep;
      this.roberta = roberta;
      this.trim = trim;
      this.prefixSpace = prefixSpace;
    }

    @Override
    public int addedTokens(boolean pair) {
      return pair ? (roberta ? 4 : 3) : 2;
    }

    @Override
    public boolean keepsIds(boolean addSpecialTokens) {
      return !addSpecialTokens;
    }

    @Override
    public List<EncodingDraft> process(List<EncodingDraft> encodings, boolean addSpecialTokens) {
      if (roberta) {
        for (EncodingDraft e : encodings) {
          if (trim) {
            trimAll(e, prefixSpace);
          }
          e.setTypeIds(0);
        }
      }
      if (!addSpecialTokens) {
        return encodings;
      }
      List<EncodingDraft> out = new ArrayList<>();
      for (int i = 0; i < encodings.size(); i++) {
        EncodingDraft e = encodings.get(i);
        EncodingDraft done = around(e, i);
        done.overflowing = new ArrayList<>();
        for (EncodingDraft o : e.overflowing) {
          done.overflowing.add(around(o, i));
        }
        out.add(done);
      }
      return out;
    }

    private EncodingDraft around(EncodingDraft encoding, int sequence) {
      EncodingDraft bare =
          encoding.truncate(encoding.length, 0, dev.sampo.tokenizer.Truncation.Direction.RIGHT);
      List<EncodingDraft> keep = bare.overflowing;
      bare.overflowing = new ArrayList<>();
      bare.specialMask = new int[bare.length];
      int typeId = roberta || sequence == 0 ? 0 : 1;
      if (roberta) {
        bare.setTypeIds(0);
      }
      EncodingDraft end = EncodingDraft.ofSpecial(sep.ids, sep.tokens, typeId, encoding.names);
      EncodingDraft out;
      int before = 0;
      if (sequence == 0 || roberta) {
        Special head = sequence == 0 ? cls : sep;
        out =
            EncodingDraft.ofSpecial(head.ids, head.tokens, typeId, encoding.names)
                .concat(bare)
                .concat(end);
        before = 1;
      } else {
        out = bare.concat(end);
      }
      bare.overflowing = keep;
      out.attentionMask = EncodingDraft.filled(out.length, 1);
      out.clearSequences();
      out.setSequence(sequence, before, out.length - 1);
      return out;
    }
  }

  private static final class ByteLevelProcessor implements PostProcessor {
    private final boolean trim;
    private final boolean prefixSpace;

    ByteLevelProcessor(boolean trim, boolean prefixSpace) {
      this.trim = trim;
      this.prefixSpace = prefixSpace;
    }

    @Override
    public int addedTokens(boolean pair) {
      return 0;
    }

    @Override
    public boolean keepsIds(boolean addSpecialTokens) {
      return true;
    }

    @Override
    public List<EncodingDraft> process(List<EncodingDraft> encodings, boolean addSpecialTokens) {
      for (int i = 0; i < encodings.size(); i++) {
        if (trim) {
          trimAll(encodings.get(i), prefixSpace);
        }
        if (i < 2) {
          encodings.get(i).setSequence(i);
        }
      }
      return encodings;
    }
  }

  private static void trimAll(EncodingDraft e, boolean prefixSpace) {
    trim(e, prefixSpace);
    for (EncodingDraft o : e.overflowing) {
      trim(o, prefixSpace);
    }
  }

  /** Takes the spaces that a token begins or ends with out of its offsets, but not the one that was put before the text. */
  private static void trim(EncodingDraft e, boolean prefixSpace) {
    int[] starts = e.starts.clone();
    int[] ends = e.ends.clone();
    boolean same = e.codePointStarts == e.starts;
    int[] cpStarts = same ? starts : e.codePointStarts.clone();
    int[] cpEnds = same ? ends : e.codePointEnds.clone();
    for (int i = 0; i < e.length; i++) {
      String token = e.surface(i);
      int leading = 0;
      while (leading < token.length() && isSpace(token.charAt(leading))) {
        leading++;
      }
      int trailing = 0;
      while (trailing < token.length() && isSpace(token.charAt(token.length() - 1 - trailing))) {
        trailing++;
      }
      if (leading > 0 || trailing > 0) {
        trim(starts, ends, i, leading, trailing, prefixSpace);
        if (!same) {
          trim(cpStarts, cpEnds, i, leading, trailing, prefixSpace);
        }
      }
    }
    e.starts = starts;
    e.ends = ends;
    e.codePointStarts = cpStarts;
    e.codePointEnds = cpEnds;
  }

  private static boolean isSpace(char c) {
    return c == BYTE_SPACE || WHITE_SPACE.containsChar(c);
  }

  private static void trim(
      int[] starts, int[] ends, int i, int leading, int trailing, boolean prefixSpace) {
    if (leading > 0) {
      int n = (i == 0 || starts[i] == 0) && prefixSpace ? leading - 1 : leading;
      starts[i] = Math.min(starts[i] + n, ends[i]);
    }
    if (trailing > 0 && ends[i] >= trailing) {
      ends[i] = Math.max(ends[i] - trailing, starts[i]);
    }
  }
}
