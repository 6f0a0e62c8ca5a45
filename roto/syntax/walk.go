package syntax

// walk calls visit on every expression of a declaration, parents first.
func walk(d Decl, visit func(Expr)) {
	switch d := d.(type) {
	case *Func:
		Walk(d.Body, visit)
	case *Const:
		Walk(d.Value, visit)
	}
}

// Walk calls visit on an expression and all that are in it, parents first, in
// the order of the text.
func Walk(x Expr, visit func(Expr)) {
	if x == nil {
		return
	}
	visit(x)
	all := func(list []Expr) {
		for _, e := range list {
			Walk(e, visit)
		}
	}
	switch x := x.(type) {
	case *FString:
		all(x.Parts)
	case *Select:
		Walk(x.X, visit)
	case *Call:
		Walk(x.Fn, visit)
		all(x.Args)
	case *Question:
		Walk(x.X, visit)
	case *Unary:
		Walk(x.X, visit)
	case *Binary:
		Walk(x.X, visit)
		Walk(x.Y, visit)
	case *Paren:
		Walk(x.X, visit)
	case *Assign:
		Walk(x.Target, visit)
		Walk(x.Y, visit)
	case *List:
		all(x.Elems)
	case *RecordLit:
		for _, f := range x.Fields {
			Walk(f.X, visit)
		}
	case *Block:
		all(x.Stmts)
		Walk(x.Tail, visit)
	case *Let:
		Walk(x.X, visit)
	case *If:
		Walk(x.Cond, visit)
		Walk(x.Then, visit)
		Walk(x.Else, visit)
	case *Match:
		Walk(x.X, visit)
		for _, a := range x.Arms {
			all(a.Values)
			all(a.Tests)
			Walk(a.Guard, visit)
			Walk(a.Body, visit)
		}
	case *While:
		Walk(x.Cond, visit)
		Walk(x.Body, visit)
	case *For:
		Walk(x.In, visit)
		Walk(x.Body, visit)
	case *Exit:
		Walk(x.X, visit)
	}
}
