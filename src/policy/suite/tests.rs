mod broken;
mod reading;
