module outside.example.net/ticker

go 1.26

require example.com/rotonda v0.0.0

replace example.com/rotonda => ../..
