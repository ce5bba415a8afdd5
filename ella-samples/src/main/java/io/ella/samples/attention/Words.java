package io.ella.samples.attention;

import io.ella.encoders.TokenIds;
import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Which tokens belong to which word. */
final class Words {
    /** Letters and digits, or signs. */
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}\\s]+");

    /**
     * A word and its tokens.
     *
     * @param text as in the prompt
     * @param from the first token
     * @param to after the last token
     */
    record Word(String text, int from, int to) {}

    private Words() {}

    /**
     * {@return the words that got tokens, in their order}
     *
     * @param count tokens that are there, special ones included
     */
    static List<Word> of(Tokenizer tokenizer, String prompt, int count) {
        TokenIds empty = tokenizer.encode("", TokenLength.flexible());
        TokenIds whole = tokenizer.encode(prompt, TokenLength.flexible());
        int before = 0; // special tokens in front
        while (before < empty.length() && empty.ids()[before] == whole.ids()[before]) {
            before++;
        }
        int after = empty.length() - before;
        List<Word> words = new ArrayList<>();
        int from = before;
        for (MatchResult match : WORD.matcher(prompt).results().toList()) {
            String start = prompt.substring(0, match.end());
            int to = tokenizer.encode(start, TokenLength.flexible()).length() - after;
            to = Math.min(to, count - after);
            if (to > from) {
                words.add(new Word(match.group(), from, to));
                from = to;
            }
        }
        return words;
    }
}
