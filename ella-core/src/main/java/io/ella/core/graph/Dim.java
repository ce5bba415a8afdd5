package io.ella.core.graph;

import io.ella.core.EllaException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongBinaryOperator;
import java.util.stream.Collectors;

/**
 * A size that may depend on symbols: a polynomial over named sizes and floor quotients of such.
 *
 * <p>Two dims are equal when their canonical forms are, so {@code h·2/2} equals {@code h}. {@link
 * #toString()} is the canonical form, with {@code //} for the floor quotient. Immutable.
 */
public final class Dim {

    /** A factor of a term: a symbol, or the floor quotient of a dim by a constant. */
    private record Atom(String text, Dim numerator, long divisor) implements Comparable<Atom> {
        @Override
        public int compareTo(Atom other) {
            return text.compareTo(other.text);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Atom atom && atom.text.equals(text);
        }

        @Override
        public int hashCode() {
            return text.hashCode();
        }
    }

    /**
     * A size that is a symbol, possibly times a constant.
     *
     * @param symbol the name of the symbol
     * @param factor at least 1
     */
    public record Multiple(String symbol, long factor) {}

    private static final String CONSTANT = "";

    /** One product of atoms with its coefficient; never zero. */
    private record Term(List<Atom> atoms, long coefficient) {
        String key() {
            return atoms.stream().map(Atom::text).collect(Collectors.joining("*"));
        }
    }

    /** By key, so that equal dims hold equal maps. */
    private final TreeMap<String, Term> terms = new TreeMap<>();

    private final String text;

    private Dim(Iterable<Term> parts) {
        for (Term part : parts) {
            Term old = terms.get(part.key());
            long sum = part.coefficient + (old == null ? 0 : old.coefficient);
            if (sum == 0) {
                terms.remove(part.key());
            } else {
                terms.put(part.key(), new Term(part.atoms, sum));
            }
        }
        text =
                terms.isEmpty()
                        ? "0"
                        : terms.values().stream().map(Dim::text).collect(Collectors.joining("+"));
    }

    private static String text(Term term) {
        if (term.atoms.isEmpty()) {
            return Long.toString(term.coefficient);
        }
        return term.coefficient == 1 ? term.key() : term.coefficient + "*" + term.key();
    }

    /**
     * {@return a known size}
     *
     * @param value the size
     */
    public static Dim of(long value) {
        return new Dim(List.of(new Term(List.of(), value)));
    }

    /**
     * {@return a size that is known only when the graph runs}
     *
     * @param name a letter, then letters and digits
     */
    public static Dim symbol(String name) {
        if (!name.matches("[A-Za-z][A-Za-z0-9]*")) {
            throw new EllaException(
                    "\"" + name + "\" does not name a size: use a letter, then letters and digits");
        }
        Atom atom = new Atom(name, new Dim(List.of()), 1);
        return new Dim(List.of(new Term(List.of(atom), 1)));
    }

    /**
     * {@return the sum}
     *
     * @param other the other summand
     */
    public Dim plus(Dim other) {
        List<Term> all = new ArrayList<>(terms.values());
        all.addAll(other.terms.values());
        return new Dim(all);
    }

    /**
     * {@return the sum}
     *
     * @param other the other summand, possibly negative
     */
    public Dim plus(long other) {
        return plus(of(other));
    }

    /**
     * {@return the product}
     *
     * @param other the other factor
     */
    public Dim times(Dim other) {
        List<Term> all = new ArrayList<>();
        for (Term a : terms.values()) {
            for (Term b : other.terms.values()) {
                List<Atom> atoms = new ArrayList<>(a.atoms);
                atoms.addAll(b.atoms);
                Collections.sort(atoms);
                all.add(
                        new Term(
                                List.copyOf(atoms),
                                Math.multiplyExact(a.coefficient, b.coefficient)));
            }
        }
        return new Dim(all);
    }

    /**
     * {@return the product}
     *
     * @param other the other factor
     */
    public Dim times(long other) {
        return times(of(other));
    }

    /**
     * {@return the quotient, rounded down; simplified where the divisor divides every coefficient}
     *
     * @param divisor at least 1
     */
    public Dim dividedBy(long divisor) {
        if (divisor < 1) {
            throw new EllaException(
                    "cannot divide the size "
                            + this
                            + " by "
                            + divisor
                            + "; a divisor is at least 1");
        }
        // floor((k·d + r) / d) = k + floor(r / d): what d divides leaves the quotient.
        List<Term> whole = new ArrayList<>();
        List<Term> rest = new ArrayList<>();
        for (Term t : terms.values()) {
            if (t.coefficient % divisor == 0) {
                whole.add(new Term(t.atoms, t.coefficient / divisor));
            } else {
                rest.add(t);
            }
        }
        Dim remainder = new Dim(rest);
        if (remainder.isConstant()) {
            return new Dim(whole).plus(Math.floorDiv(remainder.constant(), divisor));
        }
        Atom atom = new Atom("((" + remainder + ")//" + divisor + ")", remainder, divisor);
        return new Dim(whole).plus(new Dim(List.of(new Term(List.of(atom), 1))));
    }

    /** {@return whether the size depends on no symbol} */
    public boolean isConstant() {
        return terms.isEmpty() || (terms.size() == 1 && terms.containsKey(CONSTANT));
    }

    /** {@return the size, which must be {@linkplain #isConstant() constant}} */
    public long constant() {
        if (!isConstant()) {
            throw new EllaException("a fixed size was expected here, found " + this);
        }
        return terms.isEmpty() ? 0 : Objects.requireNonNull(terms.get(CONSTANT)).coefficient;
    }

    /** {@return the symbol that can be read off this size; empty if it is anything else} */
    public Optional<Multiple> asMultiple() {
        if (terms.size() != 1) {
            return Optional.empty();
        }
        Term term = terms.firstEntry().getValue();
        boolean single =
                term.atoms.size() == 1 && term.atoms.get(0).divisor == 1 && term.coefficient > 0;
        return single
                ? Optional.of(new Multiple(term.atoms.get(0).text, term.coefficient))
                : Optional.empty();
    }

    /**
     * {@return this size with other sizes in place of the symbols}
     *
     * @param sizes one for each symbol; one that is missing is an error
     */
    Dim with(Map<String, Dim> sizes) {
        Dim sum = of(0);
        for (Term term : terms.values()) {
            Dim product = of(term.coefficient);
            for (Atom atom : term.atoms) {
                product = product.times(with(atom, sizes));
            }
            sum = sum.plus(product);
        }
        return sum;
    }

    private static Dim with(Atom atom, Map<String, Dim> sizes) {
        if (atom.divisor > 1) {
            return atom.numerator.with(sizes).dividedBy(atom.divisor);
        }
        Dim size = sizes.get(atom.text);
        if (size == null) {
            throw unknown(atom, sizes.keySet());
        }
        return size;
    }

    /**
     * {@return the size for given values of the symbols}
     *
     * @param symbols a value for each symbol; one that is missing is an error
     */
    public long value(Map<String, Long> symbols) {
        LongBinaryOperator multiply = Math::multiplyExact;
        long sum = 0;
        for (Term term : terms.values()) {
            long product =
                    term.atoms.stream()
                            .mapToLong(a -> value(a, symbols))
                            .reduce(term.coefficient, multiply);
            sum = Math.addExact(sum, product);
        }
        return sum;
    }

    private static long value(Atom atom, Map<String, Long> symbols) {
        if (atom.divisor > 1) {
            return Math.floorDiv(atom.numerator.value(symbols), atom.divisor);
        }
        Long value = symbols.get(atom.text);
        if (value == null) {
            throw unknown(atom, symbols.keySet());
        }
        return value;
    }

    private static EllaException unknown(Atom atom, Set<String> given) {
        return new EllaException(
                "the size \"" + atom.text + "\" has no value; given are " + new TreeSet<>(given));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Dim dim && dim.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
